import type { JsonObject } from '../../base/json.js';
import { answerHistogram } from '../../model/constant-answer.js';
import { pairedDifference, type Estimate, type IntervalEstimate } from '../../model/statistics.js';
import { bothName, branchTitle } from './branch.js';
import type { Coverage } from './coverage.js';
import { answersOf } from './failure-signatures.js';
import { itemToJson } from './item-json.js';
import { estimateMetric, metricItems, type ItemResult, type TaskResults } from './measurement.js';
import { jsonNumber } from './non-finite.js';
import { teacherRecovery } from './result-table.js';
import type { TaskMetric } from './task.js';
import { groupEstimates } from './group-estimates.js';
import { needleEstimates } from './needle-estimates.js';
import {
  chanceLevel,
  expectedAnswers,
  hasLongAnswers,
  longestSequence,
  needleOf,
  type TaskItem,
} from './task-item.js';

/** What is known of a converted model's task beside its results. */
export interface Construction {
  readonly window: number;
  /** By task. */
  readonly coverage: ReadonlyMap<string, Coverage>;
  readonly applicable: (branch: string, task: string) => boolean;
}

/** One task of a report.json: its items, where the linear branch can show itself, and every branch's results. */
export function taskReport(task: TaskResults, construction?: Construction): JsonObject {
  const coverage = construction?.coverage.get(task.name);
  const chance = chanceLevel(task.items);
  return {
    name: task.name,
    metrics: task.metrics,
    ...(task.settings === undefined ? {} : { settings: task.settings }),
    ...(chance === undefined ? {} : { chance }),
    items: task.items.map(itemReport),
    ...(coverage === undefined ? {} : { coverage: coverageReport(coverage) }),
    branches: [...task.branches].map(([branch, items]) =>
      branchReport(task, { branch, items }, construction),
    ),
  };
}

function itemReport(item: TaskItem): JsonObject {
  const cut = 'choices' in item ? Math.max(...item.choices.map(({ truncated }) => truncated)) : 0;
  const needle = needleOf(item);
  return {
    id: item.id,
    tokens: longestSequence(item),
    targets: expectedAnswers(item),
    ...(cut > 0 ? { truncated: cut } : {}),
    ...(needle === undefined ? {} : { needle: { ...needle } }),
  };
}

function coverageReport(coverage: Coverage): JsonObject {
  return {
    scored_positions: coverage.scored,
    with_linear_keys: coverage.withKeys,
    beyond_window: coverage.beyondWindow,
    items: coverage.items,
    items_longer_than_window: coverage.longerThanWindow,
    items_longer_than_two_windows: coverage.longerThanTwoWindows,
  };
}

interface BranchResults {
  readonly branch: string;
  readonly items: readonly ItemResult[];
}

function branchReport(
  task: TaskResults,
  { branch, items }: BranchResults,
  construction: Construction | undefined,
): JsonObject {
  const both = task.branches.get(bothName);
  const recovered = teacherRecovery(task, items);
  const beyond = construction === undefined ? [] : beyondWindow(task, items, construction.window);
  return {
    branch,
    title: branchTitle(branch),
    applicable: construction?.applicable(branch, task.name) ?? true,
    metrics: byMetric(task, (metric) => estimateJson(estimateMetric(metric, items))),
    ...groupsReport(task, items),
    ...needlesReport(task, items),
    ...(beyond.length === 0 || beyond.length === items.length
      ? {}
      : { beyond_window: byMetric(task, (metric) => estimateJson(estimateMetric(metric, beyond))) }),
    ...(both === undefined || branch === bothName
      ? {}
      : {
          minus_both: byMetric(task, (metric) =>
            intervalJson(pairedDifference(metricItems(metric, items), metricItems(metric, both))),
          ),
        }),
    ...(recovered === undefined ? {} : { teacher_recovery: jsonNumber(recovered) }),
    ...(task.metrics.includes('accuracy') && !task.items.some(hasLongAnswers)
      ? { answers: answersReport(task, items) }
      : {}),
    items: items.map(itemToJson),
  };
}

/** The results of the items that are longer than the window, where the linear branch can be needed. */
function beyondWindow(
  task: TaskResults,
  items: readonly ItemResult[],
  window: number,
): readonly ItemResult[] {
  return items.filter((_, index) => isLongerThan(task.items[index], window));
}

function isLongerThan(item: TaskItem | undefined, window: number): boolean {
  return item !== undefined && longestSequence(item) > window;
}

function answersReport(task: TaskResults, items: readonly ItemResult[]): JsonObject {
  const expected = task.items.flatMap(expectedAnswers);
  const { counts, total, share, expectedShare, constant } = answerHistogram(answersOf(items), expected);
  return {
    total,
    most_frequent: counts.slice(0, 5).map(({ answer, count }) => ({ answer, count })),
    share,
    expected_share: expectedShare,
    constant,
  };
}

function byMetric(task: TaskResults, of: (metric: TaskMetric) => JsonObject): JsonObject {
  return Object.fromEntries(task.metrics.map((metric) => [metric, of(metric)]));
}

/** Subjects and groups of subjects, where the items say what they belong to. */
function groupsReport(task: TaskResults, items: readonly ItemResult[]): JsonObject {
  const groups = groupEstimates(task, items);
  if (groups.length === 0) return {};
  return { groups: groups.map(({ name, estimate }) => ({ name, accuracy: estimateJson(estimate) })) };
}

/** Accuracies by length and depth, where the items hide their answers. */
function needlesReport(task: TaskResults, items: readonly ItemResult[]): JsonObject {
  const needles = needleEstimates(task, items);
  if (needles.length === 0) return {};
  return {
    by_length_and_depth: needles.map(({ length, depth, estimate }) => ({
      length,
      depth,
      accuracy: estimateJson(estimate),
    })),
  };
}

function estimateJson({ value, standardError, items }: Estimate): JsonObject {
  return { value: jsonNumber(value), standard_error: jsonNumber(standardError), items };
}

function intervalJson(estimate: IntervalEstimate): JsonObject {
  return { ...estimateJson(estimate), low: jsonNumber(estimate.low), high: jsonNumber(estimate.high) };
}
