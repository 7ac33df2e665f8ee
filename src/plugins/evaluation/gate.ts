import type { Condition } from '../../base/condition.js';
import type { Json } from '../../base/json.js';
import { combinedStandardError } from '../../model/statistics.js';
import type { GateEvent, MetricValue, StageContext } from '../../runtime/contract/stage.js';
import { estimateMetric, metricItems, type TaskResults } from './measurement.js';
import { scoreText, significantText } from './number-text.js';
import type { Signature } from './failure-signatures.js';
import type { TaskMetric } from './task.js';

/** What a gate is judged on. */
export interface JudgedResults {
  readonly tasks: readonly TaskResults[];
  readonly signatures: readonly Signature[];
  /** The names under which a branch's metric may stand in the condition. */
  readonly metricNames: (branch: string, task: string, metric: TaskMetric) => readonly string[];
  readonly applicable: (branch: string, task: string) => boolean;
}

/** Judges a stage's `require`, with standard errors paired by item; undefined where nothing is required. */
export function gateEvent(
  require: Json | undefined,
  context: StageContext,
  results: JudgedResults,
): GateEvent | undefined {
  if (require === undefined) return undefined;
  const tracker = context.condition(require as unknown as Condition);
  const metrics = measuredMetrics(results);
  const values = new Map<string, MetricValue>(
    [...metrics].map(([name, { task, branch, metric }]) => {
      const { value, standardError } = estimateMetric(metric, task.branches.get(branch) ?? []);
      return [name, { value, standardError }];
    }),
  );
  const met = tracker.observe(values, (weights) => pairedStandardError(weights, metrics));
  const read = tracker.metrics.flatMap((name) => metricText(name, metrics.get(name), values.get(name)));
  const words = explanations(results, tracker.metrics, { met, metrics });
  return {
    type: 'gate',
    condition: tracker.text(),
    met,
    explanation: [`${read.join(', ')}.`, ...words].join(' '),
  };
}

interface MeasuredMetric {
  readonly task: TaskResults;
  readonly branch: string;
  readonly metric: TaskMetric;
}

type MeasuredMetrics = ReadonlyMap<string, MeasuredMetric>;

function measuredMetrics({ tasks, metricNames }: JudgedResults): MeasuredMetrics {
  const found = new Map<string, MeasuredMetric>();
  for (const task of tasks)
    for (const branch of task.branches.keys())
      for (const metric of task.metrics)
        for (const name of metricNames(branch, task.name, metric)) found.set(name, { task, branch, metric });
  return found;
}

/** Items pair within a task; different tasks have different items, so their variances add. */
function pairedStandardError(weights: ReadonlyMap<string, number>, metrics: MeasuredMetrics): number {
  const errors = [...new Set([...metrics.values()].map(({ task }) => task))].map((task) =>
    combinedStandardError(
      [...weights].flatMap(([name, weight]) => {
        const found = metrics.get(name);
        if (found?.task !== task) return [];
        return [{ weight, items: metricItems(found.metric, task.branches.get(found.branch) ?? []) }];
      }),
    ),
  );
  return Math.hypot(...errors);
}

function metricText(
  name: string,
  metric: MeasuredMetric | undefined,
  value: MetricValue | undefined,
): readonly string[] {
  if (metric === undefined || value === undefined) return [`${name} was not measured`];
  const text = metric.metric.endsWith('perplexity') ? significantText : scoreText;
  return [`${name} is ${text(value.value)} ± ${text(value.standardError ?? Number.NaN)}`];
}

interface Judged {
  readonly met: boolean;
  readonly metrics: MeasuredMetrics;
}

/** The failure signatures on the tasks that the condition reads, and the branches in it that have nothing to say. */
function explanations(
  { signatures, applicable }: JudgedResults,
  names: readonly string[],
  { met, metrics }: Judged,
): readonly string[] {
  const read = names.flatMap((name) => metrics.get(name) ?? []);
  const empty = read.filter(({ branch, task }) => !applicable(branch, task.name));
  const tasks = new Set(read.map(({ task }) => task.name));
  const about = signatures.filter(({ task }) => task === undefined || tasks.has(task));
  const found = about.filter(({ verdict }) => verdict === 'present');
  return [
    ...new Set(
      empty.map(
        ({ branch, task }) =>
          `${branch} on ${task.name} is not applicable: no keys by construction, so the value says nothing about it.`,
      ),
    ),
    ...(found.length > 0 && met
      ? ['The condition holds; these failure signatures were found all the same.']
      : []),
    ...unique(found),
    ...(found.length === 0 && !met ? noSignature(about) : []),
    ...(found.length > 0 && !met ? [remedy] : []),
  ];
}

/** Why a gate can fail although no signature was found: only what was looked for and found absent is said to work. */
function noSignature(about: readonly Signature[]): readonly string[] {
  const open = about.filter(({ verdict }) => verdict === 'not decided');
  if (open.length > 0) return unique(open);
  const onTasks = about.filter(({ task }) => task !== undefined);
  return onTasks.length > 0 && onTasks.every(({ verdict }) => verdict === 'absent')
    ? ['No failure signature was found: the branches work, but not as well as required.']
    : [];
}

const remedy =
  'To mend it: transfer with objective = attention_weights, drop the window at random while fine-tuning ' +
  '(window_dropout), and stop early.';

function unique(signatures: readonly Signature[]): readonly string[] {
  return [...new Set(signatures.map(({ text }) => text))];
}
