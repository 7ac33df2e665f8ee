import { expect, test } from 'vitest';
import { chanceLevel } from '../../../src/plugins/evaluation/task-item.js';
import { passkeyTask, type PasskeyOptions } from '../../../src/plugins/tasks/retrieval/passkey-items.js';
import {
  answersIn,
  characters,
  sequenceItem,
  shippedTokenizer,
  taskContext,
  type ContextParts,
} from './task-context.js';
import { withSmollm2 } from './smollm2.js';
import { readTokenizer } from '../../../src/model/tokenizer.js';

const usual: PasskeyOptions = {
  lengths: [512],
  depths: [0.5],
  items: 1,
  digits: 5,
  add_bos: false,
  name: 'passkey',
};

const made = async (options: Partial<PasskeyOptions> = {}, parts: ContextParts = {}) =>
  (await passkeyTask({ ...usual, ...options }).items(taskContext(parts))).map(sequenceItem);

test('the whole text of an item: the task, filler, the key, filler, the question', async () => {
  const [item] = await made({ lengths: [370] });
  const [key = ''] = answersIn(item!, characters);
  expect(key).toMatch(/^ [1-9]\d{4}$/);
  // What the model is run on ends before the last token of the answer.
  expect(characters.decode(item!.tokens) + key.slice(-1)).toBe(
    [
      'There is an important info hidden inside a lot of irrelevant text. Find it and memorize them. I will quiz you ' +
        'about the important information there.',
      'The grass is green. The sky is blue. The sun is yellow.',
      `The pass key is${key}. Remember it.${key} is the pass key.`,
      'Here we go. There and back again. The grass is green.',
      `What is the pass key? The pass key is${key}`,
    ].join('\n'),
  );
});

test('the answer stands at the end, scored from the last token of the question on', async () => {
  const [item] = await made();
  const last = item!.tokens.length - 1;
  expect(item!.scored.map(({ position }) => last - position)).toEqual([5, 4, 3, 2, 1, 0]);
  expect(item!.answerLengths).toEqual([6]);
});

test.each([400, 401, 500, 1000, 2048])(
  'an item for %i tokens has at most so many, and another sentence would be too much',
  async (length) => {
    for (const item of await made({ lengths: [length], depths: [0, 0.3, 1] })) {
      const tokens = item.tokens.length + 1;
      expect(tokens).toBeLessThanOrEqual(length);
      // The longest sentence and a line end.
      expect(tokens).toBeGreaterThan(length - 'There and back again.\n '.length);
    }
  },
);

test('the deeper the key, the nearer to the question; at the end it stands right before it', async () => {
  const items = await made({ lengths: [1024], depths: [0, 0.25, 0.5, 0.75, 1] });
  const distances = items.map(({ needle }) => needle?.distance ?? 0);
  expect([...distances].sort((a, b) => b - a)).toEqual(distances);
  expect(new Set(distances).size).toBe(5);
  expect(distances.at(-1)).toBe(' is the pass key.\nWhat is the pass key? The pass key is'.length);
  for (const item of items) {
    const key = answersIn(item, characters)[0] ?? '';
    const asked = (item.scored[0]?.position ?? 0) - (item.needle?.distance ?? 0);
    expect(characters.decode(item.tokens.slice(asked - 5, asked + 1))).toBe(key);
  }
});

test('every length and depth has its items, recorded with each', async () => {
  const items = await made({ lengths: [512, 600], depths: [0, 1], items: 2 });
  expect(items.map(({ id, needle }) => [id, needle?.length, needle?.depth])).toEqual([
    ['tokens-512-depth-0-0', 512, 0],
    ['tokens-512-depth-0-1', 512, 0],
    ['tokens-512-depth-1-0', 512, 1],
    ['tokens-512-depth-1-1', 512, 1],
    ['tokens-600-depth-0-0', 600, 0],
    ['tokens-600-depth-0-1', 600, 0],
    ['tokens-600-depth-1-0', 600, 1],
    ['tokens-600-depth-1-1', 600, 1],
  ]);
});

test('the same seed gives the same keys, another seed others, and no length changes those of another', async () => {
  const keys = async (seed: number, lengths: readonly number[]): Promise<readonly string[]> =>
    (await made({ items: 3, lengths }, { seed })).flatMap((item) => answersIn(item, characters));
  expect(await keys(1, [512])).toEqual(await keys(1, [512]));
  expect(await keys(1, [512])).not.toEqual(await keys(2, [512]));
  expect((await keys(1, [400, 512])).slice(3)).toEqual(await keys(1, [512]));
});

test('guessing is right once among all numbers of so many digits', async () => {
  expect(chanceLevel(await made({ digits: 1 }))).toBeCloseTo(1 / 9, 12);
  expect(chanceLevel(await made({ digits: 5 }))).toBeCloseTo(1 / 90_000, 12);
});

test('with add_bos the token that begins texts stands first, and counts', async () => {
  const start = { start: [64] };
  const [plain] = await made({ lengths: [400] }, start);
  const [begun] = await made({ lengths: [400], add_bos: true }, start);
  expect([plain!.tokens[0], begun!.tokens[0]]).toEqual([84, 64]);
  expect(begun!.tokens.length).toBeLessThanOrEqual(399);
});

test('with bytes and merges the key reads the same, and the length is kept', async () => {
  const spelling = await shippedTokenizer();
  for (const item of await made({ lengths: [300], depths: [0, 0.5, 1], items: 3 }, { spelling })) {
    expect(item.tokens.length).toBeLessThanOrEqual(299);
    expect(item.tokens.length).toBeGreaterThan(280);
    const [key = ''] = answersIn(item, spelling);
    expect(spelling.decode(item.tokens).match(new RegExp(key.trim(), 'g'))).toHaveLength(2);
  }
});

test('with the tokenizer of SmolLM2 each digit is a token, as is the space', (context) =>
  withSmollm2(context, async (folder) => {
    const spelling = await readTokenizer(folder);
    const items = await made({ lengths: [128, 256] }, { spelling });
    expect(items.map(({ answerLengths }) => answerLengths)).toEqual([[6], [6]]);
    expect(items.map(({ tokens }) => tokens.length + 1)).toEqual([
      expect.toSatisfy((length: number) => length > 121 && length <= 128),
      expect.toSatisfy((length: number) => length > 249 && length <= 256),
    ]);
  }));

test('a length that the text alone exceeds, or the model, is told with numbers', async () => {
  await expect(made({ lengths: [100] })).rejects.toThrow(
    'The task "passkey" needs 251 tokens of this model for its text and a pass key of 5 digits even without filler; its ' +
      '"lengths" ask for 100. Ask for more tokens or fewer "digits".',
  );
  await expect(made({ lengths: [512, 5000] })).rejects.toThrow(
    'The task "passkey" is to be 5000 tokens long; the model was made for 4096. Lower its "lengths".',
  );
});

test('a tokenizer without digits cannot be asked for numbers', async () => {
  const spelling = {
    ...characters,
    encode: (text: string) => characters.encode(text.replaceAll(/[ \d]/g, '')),
  };
  await expect(made({}, { spelling })).rejects.toThrow(
    /^The task "passkey" asks for numbers, and the tokenizer of the model has no tokens for \d{5}\. Remove it\.$/,
  );
});
