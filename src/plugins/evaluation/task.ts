import type { ComponentValue, MetricDeclaration } from '../../base/signatures.js';
import type { Seed } from '../../base/seed.js';
import type { StageContext } from '../../runtime/contract/stage.js';

/** A place in an item where the model is asked for the next token. */
export interface ScoredPosition {
  /** Index of the token whose logits are read; they predict the token behind it. */
  readonly position: number;
  readonly target: number;
}

/** One thing that is asked of every branch: a sequence of tokens and the places in it that count. */
export interface TaskItem {
  /** Stable across branches and runs. */
  readonly id: string;
  readonly tokens: readonly number[];
  readonly scored: readonly ScoredPosition[];
}

/** What the model said at the scored positions of one item, in their order. */
export interface ItemScores {
  /** Natural logarithm of the probability of each target. */
  readonly logProbabilities: readonly number[];
  /** The most probable token at each scored position; the first of equals. */
  readonly answers: readonly number[];
}

/** The product of a `task` component: what is asked. Scoring is the same for all tasks. */
export interface Task {
  /** Makes the items. Throws `StageFailure` for what the user can mend. */
  items(context: TaskContext): Promise<readonly TaskItem[]>;
}

/** What a task may use to make its items. */
export interface TaskContext {
  readonly stage: StageContext;
  readonly seed: Seed;
  readonly vocabularySize: number;
  /** Fingerprint of the model's tokenizer; a data set must have been made with the same one. */
  readonly tokenizerFingerprint: string;
  /** Most tokens that the model was made for. */
  readonly contextLength: number;
  /** Tokens that begin a text, such as the beginning-of-text token; empty where the tokenizer has none. */
  readonly start: readonly number[];
  /** A token's text, as the tokenizer decodes it alone. */
  textOf(token: number): string;
}

/** The quantities that can be derived from scores. */
export type TaskMetric = 'loss' | 'perplexity' | 'accuracy';

/** The metrics of each standard task. A task from elsewhere has those of `recall`. */
const metricsOfTask: Readonly<Record<string, readonly TaskMetric[]>> = {
  perplexity: ['loss', 'perplexity'],
  recall: ['accuracy', 'loss'],
};

/** The metrics that a task emits, known without making it. */
export function taskMetrics(task: ComponentValue): readonly TaskMetric[] {
  return metricsOfTask[task.plugin] ?? ['accuracy', 'loss'];
}

/** The name of a task in metrics: its `name` option, or its plugin's name. */
export function taskName(task: ComponentValue): string {
  const name = task.options['name'];
  return typeof name === 'string' ? name : task.plugin;
}

/** How the metrics of a task are declared. */
interface DeclaredTask {
  /** Before the task's name, such as `linear.`; may be empty. */
  readonly prefix: string;
  /** Whose metric it is, as reports name it. */
  readonly of: string;
}

const meanings: Readonly<Record<TaskMetric, Omit<MetricDeclaration, 'name'>>> = {
  loss: { description: 'mean loss of the scored tokens', unit: 'nats', better: 'lower' },
  perplexity: { description: 'exp of the mean loss', better: 'lower' },
  accuracy: { description: 'share of right answers', better: 'higher' },
};

/** The declarations of a task's metrics: `linear.recall.accuracy`. */
export function taskMetricDeclarations(
  task: ComponentValue,
  { prefix, of }: DeclaredTask,
): readonly MetricDeclaration[] {
  const name = taskName(task);
  return taskMetrics(task).map((metric) => ({
    ...meanings[metric],
    name: `${prefix}${name}.${metric}`,
    description: `${of} on ${name}: ${meanings[metric].description}`,
  }));
}
