import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/base/json.js';
import { readTokenizer, type Tokenizer } from '../../../src/model/tokenizer.js';
import { loadDataset } from '../../../src/plugins/dataset-artifact.js';
import type { TokenRows } from '../../../src/plugins/dataset-rows.js';
import { data } from '../../../src/plugins/stages/data/plugin.js';
import { stageBench, type StageBench } from '../stage-bench.js';

let bench: StageBench;
let tokenizer: Tokenizer;

beforeAll(async () => {
  bench = await stageBench();
  const root = join(import.meta.dirname, '../../..');
  await cp(join(root, 'models/tiny-llama/tokenizer.json'), join(bench.folder, 'tokenizer.json'));
  tokenizer = await readTokenizer(bench.folder);
  await writeTexts('texts.jsonl', documents);
});
afterAll(() => bench.remove());

const documents = Array.from(
  { length: 12 },
  (_, index) => `Address number ${index}. ${'My fellow citizens of this house, '.repeat(4 + index)}`,
);

async function writeTexts(name: string, texts: readonly string[]): Promise<void> {
  await writeFile(join(bench.folder, name), texts.map((text) => `${JSON.stringify({ text })}\n`).join(''));
}

const options = (changes: JsonObject): JsonObject => ({
  tokenizer_file: 'tokenizer.json',
  context: 16,
  holdout: 0.25,
  ...changes,
});

const text = (path: string): JsonObject => ({ plugin: 'text', options: { path } });

const rowOf = (rows: TokenRows, row: number): number[] => [...rows.row(row).tokens];

const tokensOf = (rows: TokenRows): number[] =>
  Array.from({ length: rows.count }, (_, row) => rowOf(rows, row)).flat();

const scoredOf = (rows: TokenRows): number[] =>
  Array.from({ length: rows.count }, (_, row) => [...rows.row(row).scored]).flat();

test('rows hold the documents one after the other, each behind the token that separates them', async () => {
  const events = await bench.run('data', 'plain', options({ source: 'texts.jsonl' }));
  expect(events.filter(({ type }) => type === 'progress').at(-1)).toEqual({
    type: 'progress',
    step: 5,
    of: 5,
    unit: 'kB',
  });
  const dataset = await loadDataset(bench.artifact('plain'));
  expect(dataset).toMatchObject({ context: 16, vocabularySize: 512, tokenizer: tokenizer.fingerprint });
  const lines = tokenizer.decode(tokensOf(dataset.train)).split('<|endoftext|>').slice(1);
  // The last line may be cut where the last row ends.
  lines.slice(0, -1).forEach((line) => {
    expect(documents).toContain(line);
  });
  expect(documents.some((document) => document.startsWith(lines.at(-1)!))).toBe(true);
  expect(scoredOf(dataset.train).slice(0, 18)).toEqual([0, ...Array<number>(15).fill(1), 0, 1]);
});

test('whole documents are held out, about the asked share of all tokens, and never trained on', async () => {
  const { train, validation } = await loadDataset(bench.artifact('plain'));
  const share = validation.count / (validation.count + train.count);
  expect(share).toBeGreaterThan(0.15);
  expect(share).toBeLessThan(0.35);
  const numbers = (rows: TokenRows): Set<string> =>
    new Set([...tokenizer.decode(tokensOf(rows)).matchAll(/number (\d+)\./g)].map(([, number]) => number!));
  const trained = numbers(train);
  for (const number of numbers(validation)) expect(trained.has(number)).toBe(false);
});

test('the same seed gives the same bytes', async () => {
  await bench.run('data', 'again', options({ source: 'texts.jsonl' }));
  for (const name of ['dataset.json', 'train.bin', 'validation.bin', 'train.scored.bin'])
    expect(await readFile(join(bench.folder, 'again', name)), name).toEqual(
      await readFile(join(bench.folder, 'plain', name)),
    );
});

test('a single document is cut: its end is held out', async () => {
  await writeTexts('single.jsonl', [documents.join(' ')]);
  await bench.run('data', 'single', options({ source: 'single.jsonl' }));
  const { train, validation } = await loadDataset(bench.artifact('single'));
  const all = tokenizer.encode(documents.join(' '));
  expect(rowOf(train, 0)).toEqual([0, ...all.slice(0, 15)]);
  const heldOut = tokenizer.decode(tokensOf(validation));
  expect(documents.join(' ')).toContain(heldOut.slice(0, 100));
  expect(validation.count / (train.count + validation.count)).toBeCloseTo(0.25, 1);
});

test('recall rows come from the text of their own part, and only what can be told counts', async () => {
  const sources = [text('texts.jsonl'), { plugin: 'recall', options: { rows: 8, answer_weight: 3 } }];
  await bench.run('data', 'mixed', options({ sources, context: 64 }));
  await bench.run('data', 'text-only', options({ source: 'texts.jsonl', context: 64 }));
  const mixed = await loadDataset(bench.artifact('mixed'));
  const plain = await loadDataset(bench.artifact('text-only'));
  expect(mixed.train.count).toBe(plain.train.count + 8);
  // A quarter is held out: for each three rows to train on, one more.
  expect(mixed.validation.count).toBe(plain.validation.count + 3);
  expect(rowOf(mixed.train, 0)).toEqual(rowOf(plain.train, 0));
  const weights = new Set(scoredOf(mixed.train).slice(64 * plain.train.count));
  expect([...weights].sort()).toEqual([0, 1, 3]);
  expect(rowOf(mixed.train, plain.train.count)[0]).toBe(0);
});

test('a folder gives its .jsonl and .txt files in the order of their names', async () => {
  await mkdir(join(bench.folder, 'texts'));
  await writeTexts('texts/b.jsonl', documents.slice(0, 6));
  await writeFile(join(bench.folder, 'texts/a.txt'), documents.slice(6).join('\n'));
  await writeFile(join(bench.folder, 'texts/notes.md'), 'not a text');
  const events = await bench.run('data', 'folder', options({ source: 'texts' }));
  expect(events.at(-1)).toMatchObject({ summary: { documents: 7 } });
});

interface Broken {
  readonly name: string;
  readonly file: string;
  readonly content?: string;
  readonly changes?: JsonObject;
  readonly message: string;
}

test.each<Broken>([
  {
    name: 'no file',
    file: 'absent.jsonl',
    message: 'absent.jsonl: the file does not exist or cannot be read.',
  },
  {
    name: 'an empty file',
    file: 'empty.jsonl',
    content: '\n\n',
    message: 'empty.jsonl: there is no text in it.',
  },
  {
    name: 'a line that is no JSON',
    file: 'broken.jsonl',
    content: '{"text": "fine"}\n{"text": fine}\n',
    message: 'broken.jsonl:2: this line is not valid JSON (',
  },
  {
    name: 'a line that is no object',
    file: 'list.jsonl',
    content: '[]\n',
    message: 'list.jsonl:1: this line is no JSON object.',
  },
  {
    name: 'a line without the field',
    file: 'other.jsonl',
    content: '{"text": "fine"}\n\n{"body": "text", "year": 1999}\n',
    message:
      'other.jsonl:3: this line has no text under "text". Its keys are "body", "year"; name one of them as "field".',
  },
  {
    name: 'too little text to train on',
    file: 'short.txt',
    content: 'Fellow citizens.',
    changes: { holdout: 0.1 },
    message: 'too few for one row of 16. Add text, shorten "context", or lower "holdout".',
  },
  {
    name: 'too little text to hold out',
    file: 'half.txt',
    content: 'Fellow citizens of the Senate. '.repeat(8),
    changes: { holdout: 0.1 },
    message: 'too few for one row of 16. Add text, shorten "context", or raise "holdout".',
  },
])('refused with the place and the remedy: $name', async ({ file, content, changes, message }) => {
  if (content !== undefined) await writeFile(join(bench.folder, file), content);
  const run = bench.run('data', 'refused', options({ source: file, ...changes }));
  await expect(run).rejects.toThrow(message);
  await expect(run).rejects.toMatchObject({ name: 'StageFailure' });
});

test('only sources of rows are not enough', async () => {
  const sources = [{ plugin: 'recall', options: { rows: 8 } }];
  await expect(bench.run('data', 'refused', options({ sources }))).rejects.toThrow(
    'No source gives text. Add one, such as text { path = "texts.jsonl" }.',
  );
});

test('one source setting and one tokenizer setting are needed, not none and not two', () => {
  const problems = (given: JsonObject): readonly string[] => data.check(given).map(({ message }) => message);
  expect(problems({})).toEqual([
    'Neither "source" nor "sources" is set. Set one of them.',
    'Neither "tokenizer" nor "tokenizer_file" is set. Set one of them.',
  ]);
  expect(problems({ source: 'a', sources: [], tokenizer: { stage: 'b' } })).toEqual([
    'Both "source" and "sources" are set. Keep one of them.',
  ]);
});

test('a damaged data set is refused with its file', async () => {
  await cp(join(bench.folder, 'plain'), join(bench.folder, 'damaged'), { recursive: true });
  bench.publish('damaged', 'dataset');
  await writeFile(join(bench.folder, 'damaged/train.bin'), 'cut');
  await expect(loadDataset(bench.artifact('damaged'))).rejects.toThrow(
    /train\.bin: the file has 3 bytes, dataset\.json asks for \d+\. Run the stage that made it again\./,
  );
});
