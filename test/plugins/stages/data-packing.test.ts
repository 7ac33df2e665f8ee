import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/base/json.js';
import { rootSeed } from '../../../src/base/seed.js';
import { readTokenizer, type Tokenizer } from '../../../src/model/tokenizer.js';
import { loadDataset } from '../../../src/plugins/dataset-artifact.js';
import type { TokenRows } from '../../../src/plugins/dataset-rows.js';
import { alpacaPrompt } from '../../../src/plugins/sources/alpaca/alpaca-prompt.js';
import { stageBench, type StageBench } from '../stage-bench.js';
import { partsInMemory, type Weighted } from './data-in-memory.js';

let bench: StageBench;
let tokenizer: Tokenizer;

beforeAll(async () => {
  bench = await stageBench();
  const root = join(import.meta.dirname, '../../..');
  await cp(join(root, 'models/tiny-llama/tokenizer.json'), join(bench.folder, 'tokenizer.json'));
  await writeFile(
    join(bench.folder, 'tokenizer_config.json'),
    JSON.stringify({ chat_template: chatTemplate }),
  );
  tokenizer = await readTokenizer(bench.folder);
});
afterAll(() => bench.remove());

const chatTemplate =
  "{% for message in messages %}{{ '[' + message['role'] + '] ' + message['content'] + '\\n' }}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '[assistant] ' }}{% endif %}";

const tokensOf = (rows: TokenRows): number[][] =>
  Array.from({ length: rows.count }, (_, row) => [...rows.row(row).tokens]);
const scoredOf = (rows: TokenRows): number[][] =>
  Array.from({ length: rows.count }, (_, row) => [...rows.row(row).scored]);

async function writeTexts(name: string, texts: readonly string[]): Promise<void> {
  await writeFile(join(bench.folder, name), texts.map((text) => `${JSON.stringify({ text })}\n`).join(''));
}

async function made(name: string, changes: JsonObject): Promise<readonly string[]> {
  const events = await bench.run('data', name, {
    tokenizer_file: 'tokenizer.json',
    context: 16,
    holdout: 0.25,
    ...changes,
  });
  return events.flatMap((event) => (event.type === 'log' ? [`${event.level}: ${event.message}`] : []));
}

const separator = (): Weighted => ({ token: tokenizer.endOfText!, weight: 1 });

const weighing = (text: string, weight: number): Weighted[] =>
  tokenizer.encode(text).map((token) => ({ token, weight }));

async function expectParts(
  name: string,
  documents: readonly (readonly Weighted[])[],
  shape: { readonly context: number; readonly share: number },
): Promise<void> {
  const expected = partsInMemory(documents, { ...shape, seed: rootSeed(7).child('stage') });
  const { train, validation } = await loadDataset(bench.artifact(name));
  for (const [part, rows] of [
    ['train', train],
    ['validation', validation],
  ] as const) {
    expect(rows.count).toBeGreaterThan(0);
    expect(tokensOf(rows)).toEqual(expected[part].tokens);
    expect(scoredOf(rows)).toEqual(expected[part].scored);
  }
}

const sentence = (index: number): string =>
  `Address ${index}: ${'my fellow citizens, '.repeat(1 + (index % 5))}`;

test.each<[string, number, number, number]>([
  ['many documents', 40, 16, 0.25],
  ['two documents', 2, 8, 0.4],
  ['one document', 1, 7, 0.3],
  ['a large share', 9, 16, 0.9],
])('rows are those of the plain way in memory, to the token: %s', async (name, count, context, share) => {
  const texts = Array.from({ length: count }, (_, index) => sentence(index).repeat(count < 3 ? 9 : 1));
  await writeTexts('plain.jsonl', texts);
  await made(name, { source: 'plain.jsonl', context, holdout: share });
  await expectParts(
    name,
    texts.map((text) => [separator(), ...weighing(text, 1)]),
    { context, share },
  );
  expect((await readdir(join(bench.folder, name))).sort()).toEqual([
    'dataset.json',
    'train.bin',
    'train.scored.bin',
    'validation.bin',
    'validation.scored.bin',
  ]);
});

test('packed instructions keep their masks: answers count, and the token that ends them', async () => {
  const tasks = Array.from({ length: 12 }, (_, index) => ({
    instruction: `Count to ${index}.`,
    input: index % 2 === 0 ? '' : 'Slowly.',
    output: `One to ${index}, my fellow citizens.`,
  }));
  await writeFile(join(bench.folder, 'alpaca.json'), JSON.stringify(tasks));
  const sources = [{ plugin: 'alpaca', options: { path: 'alpaca.json' } }];
  expect(await made('alpaca', { sources, context: 48, holdout: 0.5 })).toEqual([
    expect.stringMatching(
      /^warning: Left out \d+ rows of the training text with no token to learn: prompts fill them\. A longer "context" keeps more\.$/,
    ),
    expect.stringMatching(/^warning: Left out \d+ rows of the held-out text/),
  ]);
  const documents = tasks.map(({ instruction, input, output }) => [
    separator(),
    ...weighing(alpacaPrompt(instruction, input), 0),
    ...weighing(output, 1),
  ]);
  await expectParts('alpaca', documents, { context: 48, share: 0.5 });
});

test('packed conversations keep their masks, and stand as the template writes them', async () => {
  const chats = Array.from({ length: 10 }, (_, index) => ({
    messages: [
      { role: 'user', content: `What is ${index}?` },
      { role: 'assistant', content: `A number, my fellow citizen ${index}.` },
    ],
  }));
  await writeFile(
    join(bench.folder, 'chats.jsonl'),
    chats.map((chat) => `${JSON.stringify(chat)}\n`).join(''),
  );
  const sources = [{ plugin: 'chat', options: { path: 'chats.jsonl' } }];
  await made('chats', { sources, context: 32, holdout: 0.3 });
  const documents = chats.map(({ messages: [ask, answer] }) => [
    ...weighing(`[user] ${ask!.content}\n[assistant] `, 0),
    ...weighing(`${answer!.content}\n`, 1),
  ]);
  await expectParts('chats', documents, { context: 32, share: 0.3 });
});

test('where each document has rows of its own, the last is filled up with tokens that do not count', async () => {
  const texts = Array.from({ length: 8 }, (_, index) => sentence(index));
  await writeTexts('separate.jsonl', texts);
  await made('separate', { source: 'separate.jsonl', packing: 'separate', context: 12 });
  const { train, validation } = await loadDataset(bench.artifact('separate'));
  const end = tokenizer.endOfText!;
  const rowsOf = (text: string): { tokens: number[]; scored: number[] }[] => {
    const tokens = [end, ...tokenizer.encode(text)];
    return Array.from({ length: Math.ceil(tokens.length / 12) }, (_, row) => {
      const own = tokens.slice(12 * row, 12 * (row + 1));
      const padding = Array<number>(12 - own.length).fill(end);
      return {
        tokens: [...own, ...padding],
        scored: [...own.map((__, position) => (position === 0 ? 0 : 1)), ...padding.map(() => 0)],
      };
    });
  };
  const all = texts
    .flatMap(rowsOf)
    // A last row of one token has nothing to learn.
    .filter(({ scored }) => scored.includes(1));
  const found = [train, validation].flatMap((rows) =>
    tokensOf(rows).map((tokens, row) => ({ tokens, scored: scoredOf(rows)[row]! })),
  );
  const sorted = (rows: readonly object[]): string[] => rows.map((row) => JSON.stringify(row)).sort();
  // One document is cut by the holdout; the others are whole.
  const whole = sorted(all).filter((row) => sorted(found).includes(row));
  expect(whole.length).toBeGreaterThanOrEqual(all.length - 3);
  expect(found.every(({ tokens }) => tokens.length === 12)).toBe(true);
});

test('a shuffled data set has the same documents in another order, which the seed decides', async () => {
  const texts = Array.from({ length: 30 }, (_, index) => sentence(index));
  await writeTexts('shuffled.jsonl', texts);
  const documentsOf = async (name: string): Promise<readonly string[]> => {
    const { train } = await loadDataset(bench.artifact(name));
    const text = tokenizer.decode(tokensOf(train).flat());
    return text.split('<|endoftext|>').slice(1, -1);
  };
  const settings = { source: 'shuffled.jsonl', context: 4, holdout: 0.2 };
  await made('in-order', settings);
  await made('shuffled', { ...settings, shuffle: true });
  await made('shuffled-again', { ...settings, shuffle: true });
  const inOrder = await documentsOf('in-order');
  const shuffled = await documentsOf('shuffled');
  expect(shuffled).not.toEqual(inOrder);
  expect(inOrder.filter((text) => !shuffled.includes(text)).length).toBeLessThanOrEqual(1);
  const bytes = (name: string): Promise<Buffer> => readFile(join(bench.folder, name, 'train.bin'));
  expect(await bytes('shuffled-again')).toEqual(await bytes('shuffled'));
});

test('prompts that fill every row are refused', async () => {
  const task = { instruction: 'Wait. '.repeat(200), output: '' };
  await writeFile(
    join(bench.folder, 'prompts.json'),
    JSON.stringify([
      { ...task, output: 'Yes.' },
      { ...task, output: 'No.' },
    ]),
  );
  const sources = [{ plugin: 'alpaca', options: { path: 'prompts.json' } }];
  await expect(made('prompts', { sources, context: 512 })).rejects.toMatchObject({
    name: 'StageFailure',
    message:
      'No row of the training text has a token to learn: in rows of 512 tokens there are prompts alone. Lengthen "context", or lower "holdout".',
  });
});

test('a stage that is stopped leaves nothing behind', async () => {
  await writeTexts(
    'stopped.jsonl',
    Array.from({ length: 2000 }, (_, index) => sentence(index)),
  );
  const aborter = new AbortController();
  const events = await bench.run(
    'data',
    'stopped',
    { tokenizer_file: 'tokenizer.json', context: 16, source: 'stopped.jsonl' },
    {
      signal: aborter.signal,
      onEvent: () => {
        aborter.abort();
      },
    },
  );
  expect(events.map(({ type }) => type)).toEqual(['progress']);
  expect(await readdir(join(bench.folder, 'stopped'))).toEqual([]);
});
