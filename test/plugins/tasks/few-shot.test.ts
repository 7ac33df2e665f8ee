import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PythonRandom } from '../../../src/plugins/tasks/questions/python-random.js';
import type { TextPair } from '../../../src/plugins/tasks/likelihood/encode-pair.js';
import { fileQuestions, formOf, referenceData, referenceFile, usualOptions } from './lm-eval-reference.js';

interface RecordedShots {
  readonly examples: string;
  readonly shots: number;
  readonly seed: number;
  /** Requests by question and choice. */
  readonly items: readonly (readonly TextPair[])[];
}

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hpl-few-shot-'));
});

afterAll(() => rm(folder, { recursive: true }));

test.each(['piqa', 'arc_easy', 'arc_challenge', 'hellaswag', 'winogrande'])(
  'the worked examples before every question of %s are lm-eval’s',
  async (task) => {
    const { examples, shots, items } = JSON.parse(
      await readFile(referenceFile(`few_shot/${task}.json`), 'utf8'),
    ) as RecordedShots;
    const questions = await fileQuestions(
      {
        ...usualOptions,
        file: join(referenceData, `${task}.jsonl`),
        examples: join(referenceData, `${examples}.jsonl`),
        shots,
      },
      formOf(task),
    );
    expect(questions.map(({ requests }) => requests)).toEqual(items);
  },
);

test('numbers are drawn as Python draws them, from small and from large populations', async () => {
  const { seed, samples } = JSON.parse(await readFile(referenceFile('few_shot/random.json'), 'utf8')) as {
    readonly seed: number;
    readonly samples: readonly {
      readonly population: number;
      readonly count: number;
      readonly sampled: readonly (readonly number[])[];
    }[];
  };
  for (const { population, count, sampled } of samples) {
    const random = new PythonRandom(seed);
    expect(sampled.map(() => random.sample(population, count))).toEqual(sampled);
  }
  expect(() => new PythonRandom(0).sample(2, 3)).toThrow('sample larger than population');
});

async function rowsFile(name: string, labels: readonly number[]): Promise<string> {
  const file = join(folder, name);
  const rows = labels.map((label, index) => ({ goal: `g${index}`, sol1: 'one', sol2: 'two', label }));
  await writeFile(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return file;
}

test('the first examples are shown in their order, behind the description, and never the question itself', async () => {
  const file = await rowsFile('first.jsonl', [0, 1, 1]);
  const questions = await fileQuestions(
    {
      ...usualOptions,
      file,
      examples: file,
      shots: 2,
      sampler: 'first',
      description: 'Goals.\n',
      separator: '\n--\n',
    },
    formOf('piqa'),
  );
  const [g0, g1, g2] = ['Question: g0\nAnswer:', 'Question: g1\nAnswer:', 'Question: g2\nAnswer:'];
  expect(questions.map(({ requests }) => requests[0]?.context)).toEqual([
    `Goals.\n${g1} two\n--\n${g2} two\n--\n${g0}`,
    `Goals.\n${g0} one\n--\n${g2} two\n--\n${g1}`,
    `Goals.\n${g0} one\n--\n${g1} two\n--\n${g2}`,
  ]);
});

test('a description stands before questions without examples too', async () => {
  const file = await rowsFile('description.jsonl', [0]);
  const [question] = await fileQuestions({ ...usualOptions, file, description: 'Goals. ' }, formOf('piqa'));
  expect(question?.requests.map(({ context }) => context)).toEqual([
    'Goals. Question: g0\nAnswer:',
    'Goals. Question: g0\nAnswer:',
  ]);
});

test.each(['random', 'first'] as const)(
  'too few examples for the sampler %s are told with their number',
  async (sampler) => {
    const file = await rowsFile(`few-${sampler}.jsonl`, [0, 1]);
    await expect(
      fileQuestions({ ...usualOptions, file, examples: file, shots: 2, sampler }, formOf('piqa')),
    ).rejects.toThrow(
      `The task "questions" is to show 2 worked examples; "${file}" has 2, among which may be the question itself. ` +
        'Add some, or lower "shots".',
    );
  },
);
