import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { Ajv } from 'ajv';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/base/json.js';
import { ablate } from '../../../src/plugins/stages/ablate/plugin.js';
import { ablationReportSchema } from '../../../src/plugins/stages/ablate/report-schema.js';
import { Ablate } from '../../../src/plugins/stages/ablate/run.js';
import { evaluate } from '../../../src/plugins/stages/evaluate/plugin.js';
import { Evaluate } from '../../../src/plugins/stages/evaluate/run.js';
import type { StageEvent } from '../../../src/runtime/contract/stage.js';
import {
  collected,
  completed,
  component,
  TestCheckpoints,
  tinyWorkplace,
  type ContextSettings,
  type Workplace,
} from '../evaluation/tiny-workplace.js';

let place: Workplace;

/** Of lengths that differ within a question and among questions. */
const questions = Array.from({ length: 11 }, (_, index) => ({
  question: 'abcde'.repeat(1 + ((7 * index) % 5)),
  choices: ['x', 'yz'.repeat(1 + (index % 3)), 'wvu', 'x'].slice(0, 2 + (index % 3)),
  answer: index % 2,
}));

function lines(rows: readonly object[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
}

beforeAll(async () => {
  await tf.setBackend('cpu');
  place = await tinyWorkplace({ window: 8, linear_scope: 'all' });
  await writeFile(join(place.folder, 'questions.jsonl'), lines(questions));
  await writeFile(
    join(place.folder, 'documents.jsonl'),
    lines([{ text: 'abc'.repeat(50) }, { text: 'de fg' }, { text: 'hij' }]),
  );
  await writeFile(
    join(place.folder, 'letters.jsonl'),
    lines(
      ['astronomy', 'astronomy', 'virology', 'cookery'].map((subject, answer) => ({
        subject,
        question: 'why',
        choices: ['a', 'b', 'c', 'd'],
        answer,
      })),
    ),
  );
});

afterAll(() => place.remove());

const questionTask = component('task', 'multiple_choice', {
  file: 'questions.jsonl',
  question: '{question}',
});
const documentTask = component('task', 'perplexity_file', { file: 'documents.jsonl', max_length: 20 });

async function evaluated(
  settings: JsonObject,
  contextSettings: ContextSettings = {},
): Promise<{ readonly events: readonly StageEvent[]; readonly report: JsonObject }> {
  const context = place.context(contextSettings);
  await mkdir(context.folder, { recursive: true });
  const options = completed(evaluate, { model: { stage: 'teacher' }, batch_size: 3, ...settings });
  const events = await collected(new Evaluate().run(options, context));
  return { events, report: await reportIn(context.folder) };
}

async function reportIn(folder: string): Promise<JsonObject> {
  return JSON.parse(await readFile(join(folder, 'report.json'), 'utf8')) as JsonObject;
}

interface ReportedTask {
  readonly settings: JsonObject;
  readonly items: readonly { readonly id: string; readonly tokens: number; readonly truncated?: number }[];
  readonly branches: readonly {
    readonly groups?: readonly { readonly name: string }[];
    readonly items: readonly {
      readonly id: string;
      readonly log_likelihoods?: readonly number[];
      readonly nats?: number;
    }[];
  }[];
}

function tasksOf(report: JsonObject): readonly ReportedTask[] {
  return report['tasks'] as unknown as readonly ReportedTask[];
}

test('exactly the declared metrics are emitted, and the report says by which rules texts became tokens', async () => {
  const { events, report } = await evaluated({ tasks: [questionTask, documentTask] });
  const emitted = events.flatMap((event) => (event.type === 'metric' ? [event.name] : []));
  expect(emitted).toEqual([
    'multiple_choice.accuracy',
    'multiple_choice.accuracy_norm',
    'multiple_choice.loss',
    'perplexity_file.word_perplexity',
    'perplexity_file.byte_perplexity',
    'perplexity_file.bits_per_byte',
  ]);
  expect(emitted).toEqual(evaluate.metrics({ tasks: [questionTask, documentTask] }).map(({ name }) => name));
  expect(tasksOf(report).map(({ settings }) => settings)).toEqual([
    { add_bos: false, max_length: 96, prefix_token: 0 },
    { add_bos: false, max_length: 20, prefix_token: 0 },
  ]);
});

test('batches and padding do not change a result, and results keep the order of the file', async () => {
  const [alone, together] = [
    tasksOf((await evaluated({ tasks: [questionTask, documentTask], batch_size: 1 })).report),
    tasksOf((await evaluated({ tasks: [questionTask, documentTask], batch_size: 7 })).report),
  ];
  const ids = questions.map((_, index) => `question-${index}`);
  expect(alone[0]?.branches[0]?.items.map(({ id }) => id)).toEqual(ids);
  for (const [task, { branches }] of alone.entries()) {
    branches[0]!.items.forEach((item, index) => {
      const other = together[task]!.branches[0]!.items[index]!;
      expect(other.id).toBe(item.id);
      (item.log_likelihoods ?? [item.nats!]).forEach((value, choice) => {
        expect((other.log_likelihoods ?? [other.nats!])[choice]).toBeCloseTo(value, 3);
      });
    });
  }
});

test('the same choice twice has the same log-likelihood, and the first one wins', async () => {
  await writeFile(
    join(place.folder, 'twice.jsonl'),
    lines([0, 1].map((answer) => ({ question: 'abc', choices: ['same', 'same'], answer }))),
  );
  const task = component('task', 'multiple_choice', { file: 'twice.jsonl', question: '{question}' });
  const { report } = await evaluated({ tasks: [task] });
  const items = tasksOf(report)[0]!.branches[0]!.items as readonly JsonObject[];
  expect(items.map(({ answers, accuracy, accuracy_norm: norm }) => [answers, accuracy, norm])).toEqual([
    [[0], 1, 1],
    [[0], 0, 0],
  ]);
});

test.each([1, 4])('stopped after %i batches and resumed, the report is the same', async (batches) => {
  const tasks = [questionTask, documentTask];
  const whole = await evaluated({ tasks });
  const checkpoints = new TestCheckpoints(join(place.folder, `question-checkpoints-${batches}`));
  const controller = new AbortController();
  let seen = 0;
  const options = completed(evaluate, { model: { stage: 'teacher' }, batch_size: 3, tasks });
  const stopped = new Evaluate().run(options, place.context({ checkpoints, signal: controller.signal }));
  for await (const { type } of stopped) {
    if (type === 'progress') seen += 1;
    if (seen === batches) controller.abort();
  }
  const resumed = await evaluated({ tasks }, { checkpoints });
  expect(resumed.events.filter(({ type }) => type === 'progress')).toHaveLength(5 - batches);
  expect(resumed.report).toEqual(whole.report);
});

test('an ablation pairs questions and documents over branches, in the form of its schema', async () => {
  const context = place.context();
  await mkdir(context.folder, { recursive: true });
  const tasks = [questionTask, documentTask];
  const options = completed(ablate, { model: { stage: 'hybrid' }, tasks, batch_size: 4 });
  const events = await collected(new Ablate().run(options, context));
  // Masks are kept for the next batch of the same length.
  const once = tf.memory().numTensors;
  await collected(new Ablate().run(options, context));
  expect(tf.memory().numTensors).toBe(once);
  const report = await reportIn(context.folder);
  const validate = new Ajv({ allErrors: true }).compile(ablationReportSchema);
  validate(report);
  expect(validate.errors).toBeNull();
  const emitted = events.flatMap((event) => (event.type === 'metric' ? [event.name] : []));
  expect(new Set(emitted)).toEqual(new Set(ablate.metrics(options).map(({ name }) => name)));
  const output = events.at(-1);
  if (output?.type !== 'output') throw new Error('no output');
  const columns = (output.summary['tables'] as JsonObject[]).map((table) =>
    (table['columns'] as JsonObject[]).map(({ name }) => name),
  );
  expect(columns).toEqual([
    ['branch', 'multiple_choice', '− SWA + LA [95 %]', 'norm', 'recovery'],
    ['branch', 'perplexity_file', '× SWA + LA [95 %]', 'recovery'],
  ]);
});

test('MMLU has its groups, a subject of one’s own has none', async () => {
  const { report, events } = await evaluated({
    tasks: [component('task', 'mmlu', { test: 'letters.jsonl' })],
  });
  const [task] = tasksOf(report);
  expect(task?.settings).toMatchObject({ shots: 0 });
  expect(task?.items.map(({ id }) => id)).toEqual(['astronomy-0', 'astronomy-1', 'virology-0', 'cookery-0']);
  expect(task?.branches[0]?.groups?.map(({ name }) => name)).toEqual([
    'mmlu_astronomy',
    'mmlu_virology',
    'mmlu_cookery',
    'mmlu_stem',
    'mmlu_other',
    'mmlu',
  ]);
  expect(JSON.stringify(events.at(-1))).toMatch(
    /mmlu by group of subjects, with pooled standard errors and items: mmlu_stem \d\.\d\d ± \d\.\d\d \(2\), mmlu_other/,
  );
});

test('one letter for every question is told', async () => {
  const task = component('task', 'mmlu', { test: 'same.jsonl' });
  const row = { subject: 'astronomy', question: 'why', choices: ['a', 'b', 'c', 'd'] };
  await writeFile(
    join(place.folder, 'same.jsonl'),
    lines(Array.from({ length: 12 }, (_, index) => ({ ...row, answer: index % 4 }))),
  );
  const { events } = await evaluated({ tasks: [task] });
  const output = events.at(-1);
  if (output?.type !== 'output') throw new Error('no output');
  expect(JSON.stringify(output.summary)).toMatch(
    /gives one and the same answer to 100 % of the questions of mmlu, which is right for 25 %/,
  );
});

test('a longer text than the model may see is cut on the left, and the report says how much', async () => {
  const task = component('task', 'multiple_choice', {
    file: 'questions.jsonl',
    question: '{question}',
    max_length: 10,
  });
  const items = tasksOf((await evaluated({ tasks: [task] })).report)[0]!.items;
  expect(Math.max(...items.map(({ tokens }) => tokens))).toBe(10);
  expect(items.filter(({ truncated }) => truncated !== undefined).length).toBeGreaterThan(3);
});

test.each([
  [
    { question: 'abc', choices: ['x'] },
    /bad\.jsonl:1: this line has no "answer"\. Its keys are "question", "choices"\./,
  ],
  [{ question: 'abc', choices: 'x', answer: 0 }, /bad\.jsonl:1: "choices" is "x", not a list of strings\./],
  [
    { question: 'abc', choices: ['x', 'y'], answer: 2 },
    /bad\.jsonl:1: "answer" is 2, not an index from 0 to 1\./,
  ],
  [
    { question: 'abc', choices: ['x', 'y'], answer: 'C' },
    /"answer" is "C", not one of the choices, a letter/,
  ],
  [
    { question: '\u0085', choices: ['x', 'y'], answer: 0 },
    /bad\.jsonl:1: choice 1 cannot be scored: nothing but white/,
  ],
  [
    { question: 'abc', choices: ['x', 'y'.repeat(97)], answer: 0 },
    /choice 2 cannot be scored: the continuation has 97 tokens/,
  ],
  [[1], /bad\.jsonl:1: this line is no JSON object/],
])('%j is refused by line and remedy', async (row, message) => {
  await writeFile(join(place.folder, 'bad.jsonl'), lines([row]));
  const task = component('task', 'multiple_choice', { file: 'bad.jsonl', question: '{question}' });
  await expect(evaluated({ tasks: [task] })).rejects.toThrow(message);
});

test('a file that is missing, empty or no JSON is refused', async () => {
  const task = (file: string): JsonObject => ({ tasks: [component('task', 'winogrande', { file })] });
  await expect(evaluated(task('nowhere.jsonl'))).rejects.toThrow(/nowhere\.jsonl: the file does not exist/);
  await writeFile(join(place.folder, 'empty.jsonl'), '\n\n');
  await expect(evaluated(task('empty.jsonl'))).rejects.toThrow(/empty\.jsonl: there is no row in it/);
  await writeFile(join(place.folder, 'cut.jsonl'), '{"sentence": "a _');
  await expect(evaluated(task('cut.jsonl'))).rejects.toThrow(/cut\.jsonl:1: this line is not valid JSON/);
});

test('worked examples must be there for every subject', async () => {
  const mmlu = (options: JsonObject): JsonObject => ({
    tasks: [component('task', 'mmlu', { test: 'letters.jsonl', shots: 2, ...options })],
  });
  await expect(evaluated(mmlu({ dev: 'letters.jsonl' }))).rejects.toThrow(
    /is to show 2 worked examples of virology; "letters\.jsonl" has 1\. Add some, or lower "shots"\./,
  );
  await expect(evaluated(mmlu({ dev: 'data' }))).rejects.toThrow(
    /the folder has no file that ends in \.dev\.jsonl/,
  );
});
