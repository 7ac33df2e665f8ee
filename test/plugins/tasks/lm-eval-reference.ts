import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { arcQuestion } from '../../../src/plugins/tasks/questions/arc.js';
import { hellaswagQuestion } from '../../../src/plugins/tasks/questions/hellaswag.js';
import type { JsonRow } from '../../../src/plugins/tasks/questions/json-row.js';
import { readMmlu, type MmluOptions } from '../../../src/plugins/tasks/questions/mmlu-task.js';
import { piqaQuestion } from '../../../src/plugins/tasks/questions/piqa.js';
import {
  readQuestions,
  type NamedQuestion,
  type QuestionFileOptions,
  type QuestionForm,
} from '../../../src/plugins/tasks/questions/question-task.js';
import type { Question } from '../../../src/plugins/tasks/questions/question.js';
import { readJsonRows } from '../../../src/plugins/tasks/questions/read-json-rows.js';
import { winograndeQuestion } from '../../../src/plugins/tasks/questions/winogrande.js';

/** Options of a task with questions, as the checker fills them in; where the questions are is not said. */
export const usualOptions: QuestionFileOptions = {
  shots: 0,
  sampler: 'random',
  shots_seed: 1234,
  description: '',
  separator: '\n\n',
  add_bos: false,
  name: 'questions',
};

/** What lm-eval was asked, and what it said; see test/reference/lm-eval/README.md. */
const referenceFolder = join(import.meta.dirname, '..', '..', 'reference', 'lm-eval');

export interface RecordedRequest {
  readonly context: string;
  readonly continuation: string;
  readonly context_tokens: readonly number[];
  readonly continuation_tokens: readonly number[];
  readonly loglikelihood: number;
  readonly is_greedy: boolean;
  /** In `max_length_64` alone. */
  readonly total_tokens: number;
  readonly truncated: boolean;
  readonly input_tokens: readonly number[];
}

export interface RecordedItem {
  readonly task: string;
  readonly doc_id: number;
  readonly choices?: readonly string[];
  readonly gold: number;
  readonly acc: number;
  readonly acc_norm?: number;
  readonly acc_prediction: number;
  readonly requests: readonly RecordedRequest[];
}

interface RecordedResult {
  readonly acc: number;
  readonly acc_stderr: number;
  readonly acc_norm?: number;
  readonly acc_norm_stderr?: number;
  readonly n: number;
}

export interface RecordedTask {
  readonly settings: {
    readonly num_fewshot: number;
    readonly max_length: number;
    readonly add_bos_token: boolean | null;
  };
  readonly results: Readonly<Record<string, RecordedResult>>;
  readonly groups?: Readonly<Record<string, RecordedResult>>;
  readonly items: readonly RecordedItem[];
}

interface RecordedWindows {
  readonly loglikelihood: number;
  readonly words: number;
  readonly bytes: number;
  readonly doc: { readonly text: string };
  readonly windows: readonly {
    readonly context_tokens: readonly number[];
    readonly continuation_tokens: readonly number[];
    readonly loglikelihood: number;
  }[];
}

interface RecordedRolling {
  readonly settings: RecordedTask['settings'];
  readonly results: Readonly<Record<string, number>>;
  readonly items: readonly RecordedWindows[];
}

interface RecordedRequests {
  readonly settings: RecordedTask['settings'];
  readonly items: readonly (RecordedRequest & { readonly note: string })[];
}

/** lm-eval's prefix token for SmolLM2-135M-Instruct. */
export const prefixToken = 1;

function parsed(path: string): unknown {
  return JSON.parse(readFileSync(join(referenceFolder, 'expected', path), 'utf8'));
}

/** What lm-eval said to a task: a file of `expected/` such as `default/piqa.json`. */
export function expected(path: string): RecordedTask {
  return parsed(path) as RecordedTask;
}

/** What lm-eval said to documents. */
export function expectedWindows(run: string): RecordedRolling {
  return parsed(`rolling/${run}.json`) as RecordedRolling;
}

/** What lm-eval said to bare requests. */
export function expectedRequests(run: string): RecordedRequests {
  return parsed(`requests/${run}.json`) as RecordedRequests;
}

/** Every recorded run of multiple-choice tasks: its folder and its task. */
export const runs: readonly (readonly [string, string])[] = [
  ...['default', 'max_length_64'].flatMap((run) =>
    ['piqa', 'arc_easy', 'arc_challenge', 'hellaswag', 'winogrande', 'mmlu'].map(
      (task) => [run, task] as const,
    ),
  ),
  ['add_bos', 'piqa'],
  ['add_bos', 'winogrande'],
  ['mmlu_5shot', 'mmlu'],
];

const questionOf: Readonly<Record<string, (row: JsonRow) => Question>> = {
  piqa: piqaQuestion,
  arc_easy: arcQuestion,
  arc_challenge: arcQuestion,
  hellaswag: hellaswagQuestion,
  winogrande: winograndeQuestion,
};

/** Paths as they are. */
export const fileContext = { path: (option: string): string => option, signal: new AbortController().signal };

async function finished<Result>(steps: AsyncGenerator<unknown, Result, undefined>): Promise<Result> {
  for (;;) {
    const step = await steps.next();
    if (step.done) return step.value;
  }
}

/** The questions of a file, without what is said on the way. */
export function fileQuestions(
  options: QuestionFileOptions,
  form: QuestionForm,
): Promise<readonly NamedQuestion[]> {
  return finished(readQuestions(options, form, fileContext));
}

/** The questions of MMLU, without what is said on the way. */
export function mmluQuestions(options: MmluOptions): Promise<readonly NamedQuestion[]> {
  return finished(readMmlu(options, fileContext));
}

/** The items that lm-eval was asked. */
export const referenceData = join(referenceFolder, 'data');

/** A file of what lm-eval made of them. */
export function referenceFile(path: string): string {
  return join(referenceFolder, 'expected', path);
}

/** The form of a benchmark's questions. */
export function formOf(task: string): QuestionForm {
  const form = questionOf[task];
  if (form === undefined) throw new Error(`no form of ${task}`);
  return { questionOf: form, asksTestSplit: task.startsWith('arc_'), usual: { split: 'test' } };
}

/** The questions of a task as hpl makes them of the same data, by the name that a recorded item has. */
export async function questionsOf(task: string, shots: number): Promise<ReadonlyMap<string, Question>> {
  const data = join(referenceFolder, 'data');
  const build = questionOf[task];
  if (build === undefined) {
    const all = await mmluQuestions({ test: data, dev: data, shots, add_bos: false });
    return new Map(all.map((question: NamedQuestion) => [`mmlu_${question.id}`, question]));
  }
  const rows = await readJsonRows(join(data, `${task}.jsonl`));
  return new Map(rows.map((row, index) => [`${task}-${index}`, build(row)]));
}

/** The name by which `questionsOf` knows a recorded item. */
export function itemName({ task, doc_id: place }: RecordedItem): string {
  return `${task}-${place}`;
}
