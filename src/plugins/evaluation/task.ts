import type { ComponentValue, MetricDeclaration } from '../../base/signatures.js';
import type { Seed } from '../../base/seed.js';
import type { JsonObject } from '../../base/json.js';
import type { StageContext, StageEvent } from '../../runtime/contract/stage.js';
import type { TaskItem } from './task-item.js';

/** The product of a `task` component: what is asked. Scoring is the same for all tasks. */
export interface Task {
  /** Makes the items, with progress on the way where it takes long. Throws `StageFailure` for what the user can mend. */
  items(context: TaskContext): Promise<readonly TaskItem[]> | ItemSteps;
  /** How the items were made, as far as results depend on it and reports should say so. */
  settings?(context: TaskContext): JsonObject;
}

/** Progress, such as that of a download, then the items. */
export type ItemSteps = AsyncGenerator<StageEvent, readonly TaskItem[], undefined>;

/** A task that needs nothing from elsewhere. */
export interface LocalTask extends Task {
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
  /** Tokens of the text alone; no beginning or end is added. */
  encode(text: string): readonly number[];
  /** A token's text, as the tokenizer decodes it alone. */
  textOf(token: number): string;
  /** The text of tokens. */
  decode(tokens: readonly number[]): string;
}

/** The quantities that can be derived from scores. */
export type TaskMetric =
  | 'loss'
  | 'perplexity'
  | 'accuracy'
  | 'accuracy_norm'
  | 'word_perplexity'
  | 'byte_perplexity'
  | 'bits_per_byte';

const normalized: readonly TaskMetric[] = ['accuracy', 'accuracy_norm', 'loss'];

/** The metrics of each standard task. A task from elsewhere has those of `recall`. */
const metricsOfTask: Readonly<Record<string, readonly TaskMetric[]>> = {
  perplexity: ['loss', 'perplexity'],
  recall: ['accuracy', 'loss'],
  passkey: ['accuracy', 'loss'],
  suffix_identification: normalized,
  piqa: normalized,
  arc_easy: normalized,
  arc_challenge: normalized,
  hellaswag: normalized,
  winogrande: ['accuracy', 'loss'],
  mmlu: ['accuracy', 'loss'],
  multiple_choice: normalized,
  perplexity_file: ['word_perplexity', 'byte_perplexity', 'bits_per_byte'],
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
  accuracy_norm: {
    description: 'share of right answers by log-likelihood per character (acc_norm)',
    better: 'higher',
  },
  word_perplexity: { description: 'exp of the nats per word', better: 'lower' },
  byte_perplexity: { description: 'exp of the nats per byte', better: 'lower' },
  bits_per_byte: { description: 'binary logarithm of the byte perplexity', unit: 'bits', better: 'lower' },
};

/** All quantities that can be derived from scores. */
export const taskMetricNames = Object.keys(meanings) as readonly TaskMetric[];

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
