import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chanceLevel, type QuestionItem } from '../../../src/plugins/evaluation/task-item.js';
import { suffixTask, type SuffixOptions } from '../../../src/plugins/tasks/retrieval/suffix-items.js';
import { characters, taskContext, writeHeldOut, type ContextParts } from './task-context.js';

let dataFolder: string;

/** Rows that tell where a piece comes from: row 3 is "d0 d1 d2 …". */
const rows = Array.from('abcdefgh', (letter) =>
  Array.from({ length: 30 }, (_, word) => `${letter}${word}`).join(' '),
);

beforeAll(async () => {
  dataFolder = await mkdtemp(join(tmpdir(), 'hpl-suffix-'));
  await writeHeldOut(dataFolder, rows);
});

afterAll(() => rm(dataFolder, { recursive: true }));

const usual: SuffixOptions = {
  data: { stage: 'speeches' },
  items: 8,
  prefix: 40,
  suffix: 12,
  choices: 4,
  name: 'suffix_identification',
};

async function made(
  options: Partial<SuffixOptions> = {},
  parts: ContextParts = {},
): Promise<readonly QuestionItem[]> {
  const items = await suffixTask({ ...usual, ...options }).items(taskContext({ dataFolder, ...parts }));
  return items.map((item) => {
    if (!('choices' in item)) throw new Error('no question');
    return item;
  });
}

/** The choices of a question as texts. */
function suffixes({ choices }: QuestionItem): readonly string[] {
  return choices.map(({ scored }) => characters.decode(scored.map(({ target }) => target)));
}

test('the right choice goes on where its row was left, at the beginning of a word', async () => {
  for (const [row, item] of (await made()).entries()) {
    expect(item.id).toBe(`row-${row}`);
    const right = item.choices[item.gold]!;
    const prefix = characters.decode(right.tokens.slice(0, right.scored[0]!.position + 1));
    expect(rows[row]!.startsWith(prefix + (suffixes(item)[item.gold] ?? '?'))).toBe(true);
    expect(suffixes(item)[item.gold]).toMatch(/^ /);
    expect([prefix.length >= 40, prefix.length < 44]).toEqual([true, true]);
  }
});

test('the others come from other rows, begin with a word and have as many tokens', async () => {
  for (const [row, item] of (await made()).entries()) {
    const own = rows[row]!.charAt(0);
    const others = suffixes(item).filter((_, choice) => choice !== item.gold);
    expect(others).toHaveLength(3);
    for (const other of others) {
      expect(other).toMatch(/^ /);
      expect(other).not.toContain(own);
      expect(rows.some((text) => text.includes(other))).toBe(true);
    }
    expect(item.choices.map(({ scored }) => scored.length)).toEqual([12, 12, 12, 12]);
    expect(item.choices.map(({ length }) => length)).toEqual([12, 12, 12, 12]);
  }
});

test('the place of the right choice is drawn, so that no constant answer is right', async () => {
  const golds = (await made()).map(({ gold }) => gold);
  expect(new Set(golds).size).toBeGreaterThan(1);
  expect(await made()).toEqual(await made());
  expect(golds).not.toEqual((await made({}, { seed: 9 })).map(({ gold }) => gold));
});

test('guessing is right once in as many as there are choices', async () => {
  expect(chanceLevel(await made({ choices: 5 }))).toBeCloseTo(0.2, 12);
});

test('fewer items are spread evenly over the rows', async () => {
  expect((await made({ items: 3 })).map(({ id }) => id)).toEqual(['row-0', 'row-2', 'row-5']);
});

test('a suffix never contains a token that begins texts', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hpl-suffix-'));
  await writeHeldOut(
    folder,
    rows.map((row, index) => (index % 2 === 0 ? row : `${row.slice(0, 50)}@${row.slice(51)}`)),
  );
  const items = await made({}, { dataFolder: folder, start: [64] });
  expect(items.flatMap(suffixes).some((suffix) => suffix.includes('@'))).toBe(false);
  await rm(folder, { recursive: true });
});

test('where no token shows the beginning of a word, any place will do', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hpl-suffix-'));
  await writeHeldOut(
    folder,
    rows.map((row) => row.replaceAll(' ', '')),
  );
  const items = await made({}, { dataFolder: folder });
  expect(items.map(({ choices, gold }) => choices[gold]?.scored[0]?.position)).toEqual(items.map(() => 39));
  await rm(folder, { recursive: true });
});

test('too few or too short rows are told with numbers', async () => {
  const message =
    'The task "suffix_identification" needs 9 held-out rows with text of 40 tokens and 12 more; those of "speeches" (8 ' +
    'with text) do not suffice. Lower "prefix", "suffix" or "choices", or hold more text out.';
  await expect(made({ choices: 9 })).rejects.toThrow(message);
  await expect(made({ prefix: 200 })).rejects.toThrow(/text of 200 tokens and 12 more; those of "speeches"/);
});
