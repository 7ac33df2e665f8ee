import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/base/json.js';
import { chanceLevel, type SequenceItem } from '../../../src/plugins/evaluation/task-item.js';
import { recallWordsTask } from '../../../src/plugins/tasks/retrieval/recall-words.js';
import {
  answersIn,
  characters,
  sequenceItem,
  shippedTokenizer,
  taskContext,
  writeHeldOut,
  type ContextParts,
  type Spelling,
} from './task-context.js';

let dataFolder: string;

beforeAll(async () => {
  dataFolder = await mkdtemp(join(tmpdir(), 'hpl-recall-'));
  await writeHeldOut(dataFolder, [
    'ut off at the start. We have waited a year. Alice knew. It was cold! And then the r',
    'The law has passed. Nobody saw a lantern there. Why not? Peace came to us at last, ',
  ]);
});

afterAll(() => rm(dataFolder, { recursive: true }));

async function made(options: JsonObject = {}, parts: ContextParts = {}): Promise<readonly SequenceItem[]> {
  const all = { distance: 60, pairs: 3, items: 2, name: 'recall', ...options };
  return (await recallWordsTask(all).items(taskContext({ dataFolder, ...parts }))).map(sequenceItem);
}

/** What a reader would answer to each question: what the first sentence about its name says. */
function lookedUp(text: string, pairs: number): readonly string[] {
  const told = [...text.matchAll(/The secret of (\w+) is the (\w+ \w+)\./g)].slice(0, pairs);
  const values = new Map(told.map(([, person, value]) => [person, value]));
  const asked = [...text.matchAll(/The secret of (\w+) is the/g)].slice(pairs);
  return asked.map(([, person]) => values.get(person) ?? '');
}

test('the whole text of an item: pairs, filler beyond the distance, each name again', async () => {
  const [item] = await made({ pairs: 2 });
  expect(characters.decode(item!.tokens)).toMatch(
    /^The secret of (\w+) is the (\w+ \w+)\. The secret of (\w+) is the (\w+ \w+)\.( [A-Z][\w ]+\.)+ The secret of (\1|\3) is the (\2|\4)\. The secret of (\1|\3) is the \w+ \w+$/,
  );
});

test.each(['characters', 'bytes and merges'])(
  'in %s every answer is the value that stands with the name',
  async (name) => {
    const spelling: Spelling = name === 'characters' ? characters : await shippedTokenizer();
    for (const item of await made({ pairs: 4, items: 5 }, { spelling })) {
      const text = spelling.decode(item.tokens);
      const answers = answersIn(item, spelling).map((answer) => answer.trim());
      expect(answers).toEqual(lookedUp(text, 4));
      expect(new Set(answers).size).toBe(4);
      for (const [index, { position, target }] of item.scored.entries())
        if (index < item.scored.length - 1) expect(item.tokens[position + 1]).toBe(target);
    }
  },
);

test.each([1, 40, 200])('a query stands at least %i tokens behind every pair', async (distance) => {
  for (const item of await made({ distance, pairs: 3, items: 3 })) {
    const text = characters.decode(item.tokens);
    const pairs = [...text.matchAll(/The secret of \w+ is the \w+ \w+\./g)].slice(0, 3);
    const end = (pairs.at(-1)?.index ?? 0) + (pairs.at(-1)?.[0].length ?? 0);
    expect(item.scored[0]!.position - end).toBeGreaterThanOrEqual(distance);
  }
});

test('text comes from whole held-out sentences, without those in which a name or word of a pair stands', async () => {
  const [item] = await made({ data: { stage: 'speeches' }, distance: 150 });
  const text = characters.decode(item!.tokens);
  for (const sentence of ['We have waited a year.', 'It was cold!', 'The law has passed.', 'Why not?'])
    expect(text).toContain(sentence);
  for (const part of ['ut off', 'Alice knew', 'And then', 'Nobody saw', 'Peace came'])
    expect(text).not.toContain(part);
});

test('a data set without whole sentences is told', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hpl-recall-'));
  await writeHeldOut(folder, ['no sentence at all', 'and none in this one']);
  await expect(made({ data: { stage: 'speeches' } }, { dataFolder: folder })).rejects.toThrow(
    'The held-out rows of the data set "speeches" have no whole sentence to put between pairs and queries. Name another ' +
      'data set, or leave "data" out.',
  );
  await rm(folder, { recursive: true });
});

test('the same seed gives the same sequences, another seed others', async () => {
  expect(await made()).toEqual(await made());
  expect(await made()).not.toEqual(await made({}, { seed: 8 }));
});

test('guessing among the values that stand there is right once in as many as there are pairs', async () => {
  expect(chanceLevel(await made({ pairs: 4 }))).toBe(0.25);
});

test('the token that begins texts stands first', async () => {
  const [item] = await made({}, { start: [64] });
  expect(item!.tokens.slice(0, 4)).toEqual([64, ...characters.encode('The')]);
});

test('more pairs than words, and more tokens than the model was made for, are told with numbers', async () => {
  await expect(made({ pairs: 21 })).rejects.toThrow(
    'The task "recall" is to ask for 21 pairs in words; there are words for 20. Ask for fewer "pairs".',
  );
  await expect(made({ pairs: 2 }, { contextLength: 100 })).rejects.toThrow(
    /^The task "recall" needs sequences of \d+ tokens for 2 pairs in words at a distance of 60 tokens; the model was made for 100\. Ask for fewer "pairs" or a shorter "distance"\.$/,
  );
});
