import type { JsonObject } from '../../base/json.js';
import {
  estimateMean,
  mean,
  perplexity,
  perplexityInfluence,
  ratioItems,
  sum,
  type Estimate,
} from '../../model/statistics.js';
import type { TaskMetric } from './task.js';
import { expectedAnswers, type DocumentItem, type QuestionItem, type TaskItem } from './task-item.js';

/** What the model said at the scored positions of one sequence, in their order. */
interface SequenceScores {
  /** Natural logarithm of the probability of each target. */
  readonly logProbabilities: readonly number[];
  /** The most probable token at each scored position; the first of equals. */
  readonly answers: readonly number[];
}

/** What one branch did on one item. */
export interface ItemResult {
  readonly id: string;
  /** Mean negative log-probability of the targets, in nats; of a question, of those of the right choice. */
  readonly loss: number;
  /** Share of the answers that are right as a whole; of a question, 1 where it is answered right. */
  readonly accuracy: number;
  /** The most probable token at each scored position; of a question, the index of the choice that won. */
  readonly answers: readonly number[];
  /** Log-likelihoods in nats: of a question, of every choice; of answers of several tokens, of every answer. */
  readonly logLikelihoods?: readonly number[];
  /** Of a question: 1 where the right choice has the highest log-likelihood per code point. */
  readonly accuracyNorm?: number;
  /** Of a document. */
  readonly document?: DocumentResult;
}

/** What a document costs, and what that is divided by. */
export interface DocumentResult {
  readonly nats: number;
  readonly words: number;
  readonly bytes: number;
}

/** One task as it was asked: its metrics, and the results of every branch on the same items. */
export interface TaskResults {
  readonly name: string;
  readonly metrics: readonly TaskMetric[];
  readonly items: readonly TaskItem[];
  /** How the items were made. */
  readonly settings?: JsonObject;
  /** By branch name; each list is in the order of `items`. */
  readonly branches: ReadonlyMap<string, readonly ItemResult[]>;
}

/** The result of one item, from the scores of its sequences. */
export function itemResult(item: TaskItem, scores: readonly SequenceScores[]): ItemResult {
  if ('choices' in item) return questionResult(item, scores);
  const logProbabilities = scores.flatMap((sequence) => sequence.logProbabilities);
  const answers = scores.flatMap((sequence) => sequence.answers);
  const hits = expectedAnswers(item).map((target, index) => answers[index] === target);
  const lengths = 'answerLengths' in item ? item.answerLengths : undefined;
  const wholeHits = lengths === undefined ? hits : parts(hits, lengths).map((hit) => !hit.includes(false));
  return {
    id: item.id,
    loss: -mean(logProbabilities),
    accuracy: mean(wholeHits.map(Number)),
    answers,
    ...(lengths === undefined ? {} : { logLikelihoods: parts(logProbabilities, lengths).map(sum) }),
    ...('windows' in item ? { document: documentResult(item, logProbabilities) } : {}),
  };
}

/** Divides a list into consecutive parts of these lengths. */
function parts<Value>(values: readonly Value[], lengths: readonly number[]): readonly (readonly Value[])[] {
  let end = 0;
  return lengths.map((length) => values.slice(end, (end += length)));
}

function questionResult({ id, choices, gold }: QuestionItem, scores: readonly SequenceScores[]): ItemResult {
  const logLikelihoods = scores.map(({ logProbabilities }) => sum(logProbabilities));
  const { answer, accuracy, accuracyNorm } = judgeChoices(
    logLikelihoods,
    choices.map(({ length }) => length),
    gold,
  );
  return {
    id,
    loss: -mean(scores[gold]?.logProbabilities ?? []),
    accuracy,
    answers: [answer],
    logLikelihoods,
    ...(accuracyNorm === undefined ? {} : { accuracyNorm }),
  };
}

/** How a question was answered. */
export interface JudgedChoices {
  /** Index of the choice with the highest log-likelihood; the first of equals. */
  readonly answer: number;
  readonly accuracy: number;
  /** Absent where a choice has no length. */
  readonly accuracyNorm?: number;
}

/**
 * Judges the log-likelihoods of the choices as lm-evaluation-harness does: `acc`, and `acc_norm` by log-likelihood over
 * code points, where a choice of length 0 cannot win.
 */
export function judgeChoices(
  logLikelihoods: readonly number[],
  lengths: readonly (number | undefined)[],
  gold: number,
): JudgedChoices {
  const answer = firstHighest(logLikelihoods);
  const accuracy = answer === gold ? 1 : 0;
  if (lengths.includes(undefined)) return { answer, accuracy };
  const normalized = logLikelihoods.map((value, index) => {
    const length = lengths[index] ?? 0;
    return length === 0 ? Number.NEGATIVE_INFINITY : value / length;
  });
  return { answer, accuracy, accuracyNorm: firstHighest(normalized) === gold ? 1 : 0 };
}

function firstHighest(values: readonly number[]): number {
  return values.indexOf(Math.max(...values));
}

function documentResult({ words, bytes }: DocumentItem, logProbabilities: readonly number[]): DocumentResult {
  return { nats: -sum(logProbabilities), words, bytes };
}

/** A metric over items, with its standard error. */
export function estimateMetric(metric: TaskMetric, items: readonly ItemResult[]): Estimate {
  if (metric === 'perplexity') return perplexity(items.map(({ loss }) => loss));
  if (metric === 'word_perplexity' || metric === 'byte_perplexity') return perplexity(natsPer(metric, items));
  return estimateMean(metricItems(metric, items));
}

/** What each item adds to a metric: items whose mean is the metric, and whose standard error is the metric's. */
export function metricItems(metric: TaskMetric, items: readonly ItemResult[]): readonly number[] {
  switch (metric) {
    case 'loss':
      return items.map(({ loss }) => loss);
    case 'accuracy':
      return items.map(({ accuracy }) => accuracy);
    case 'accuracy_norm':
      return items.map(({ accuracyNorm }) => accuracyNorm ?? Number.NaN);
    case 'perplexity':
      return perplexityInfluence(items.map(({ loss }) => loss));
    case 'word_perplexity':
    case 'byte_perplexity':
      return perplexityInfluence(natsPer(metric, items));
    case 'bits_per_byte':
      return natsPer('byte_perplexity', items).map((nats) => nats / Math.LN2);
  }
}

/** Nats per word or byte over all documents, as items of equal weight: their mean is that ratio. */
function natsPer(
  metric: 'word_perplexity' | 'byte_perplexity',
  items: readonly ItemResult[],
): readonly number[] {
  return ratioItems(
    items.map(({ document }) => document?.nats ?? Number.NaN),
    items.map(({ document }) =>
      metric === 'word_perplexity' ? (document?.words ?? 0) : (document?.bytes ?? 0),
    ),
  );
}

/** The logarithm of a text task's perplexity, as items: per token of rows of equal length, per word of documents. */
export function perplexityLosses(task: TaskResults, items: readonly ItemResult[]): readonly number[] {
  return task.metrics.includes('word_perplexity')
    ? natsPer('word_perplexity', items)
    : items.map(({ loss }) => loss);
}

/** What a task judges a branch by, higher is better: accuracy where answers are judged, else minus the loss. */
export function scoreItems(task: TaskResults, items: readonly ItemResult[]): readonly number[] {
  return task.metrics.includes('accuracy')
    ? items.map(({ accuracy }) => accuracy)
    : items.map(({ loss }) => -loss);
}
