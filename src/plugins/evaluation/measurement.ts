import {
  estimateMean,
  mean,
  perplexity,
  perplexityInfluence,
  type Estimate,
} from '../../model/statistics.js';
import type { TaskItem, ItemScores, TaskMetric } from './task.js';

/** What one branch did on one item. */
export interface ItemResult {
  readonly id: string;
  /** Mean negative log-probability of the targets, in nats. */
  readonly loss: number;
  /** Share of the scored positions whose most probable token is the target. */
  readonly accuracy: number;
  /** The most probable token at each scored position. */
  readonly answers: readonly number[];
}

/** One task as it was asked: its metrics, and the results of every branch on the same items. */
export interface TaskResults {
  readonly name: string;
  readonly metrics: readonly TaskMetric[];
  readonly items: readonly TaskItem[];
  /** By branch name; each list is in the order of `items`. */
  readonly branches: ReadonlyMap<string, readonly ItemResult[]>;
}

/** The result of one item. */
export function itemResult(item: TaskItem, scores: ItemScores): ItemResult {
  const hits = item.scored.map(({ target }, index): number => (scores.answers[index] === target ? 1 : 0));
  return {
    id: item.id,
    loss: -mean(scores.logProbabilities),
    accuracy: mean(hits),
    answers: scores.answers,
  };
}

/** A metric over items, with its standard error. */
export function estimateMetric(metric: TaskMetric, items: readonly ItemResult[]): Estimate {
  if (metric === 'perplexity') return perplexity(items.map(({ loss }) => loss));
  return estimateMean(metricItems(metric, items));
}

/** What each item adds to a metric: items whose mean is the metric, and whose standard error is the metric's. */
export function metricItems(metric: TaskMetric, items: readonly ItemResult[]): readonly number[] {
  switch (metric) {
    case 'loss':
      return items.map(({ loss }) => loss);
    case 'accuracy':
      return items.map(({ accuracy }) => accuracy);
    case 'perplexity':
      return perplexityInfluence(items.map(({ loss }) => loss));
  }
}

/** What a task judges a branch by, higher is better: accuracy where answers are judged, else minus the loss. */
export function scoreItems(task: TaskResults, items: readonly ItemResult[]): readonly number[] {
  return task.metrics.includes('accuracy')
    ? items.map(({ accuracy }) => accuracy)
    : items.map(({ loss }) => -loss);
}
