import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rootSeed } from '../../src/base/seed.js';
import {
  recallEvaluationSequence,
  recallTextNeeded,
  recallTrainingRow,
  recallTrainingShape,
  recallVocabulary,
  type RecallMaterial,
  type RecallSequence,
} from '../../src/model/recall-sequences.js';

const letters = Array.from('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ');
const textOf = (token: number): string => letters[token - 10] ?? (token === 62 ? ' the' : '.');
const vocabulary = recallVocabulary(textOf, 70);
const material = (length: number): RecallMaterial => ({
  vocabulary,
  start: [0],
  // Punctuation and a few letters, so that some keys are taken.
  text: Array.from({ length }, (_, index) => (index % 7 === 0 ? 10 + (index % 14) : 1 + (index % 9))),
});
const stream = (name: string): ReturnType<ReturnType<typeof rootSeed>['stream']> =>
  rootSeed(1).child(name).stream();

/** The value that stands behind the first appearance of a key: what a reader would answer. */
function lookedUp(sequence: RecallSequence, position: number): number | undefined {
  const key = sequence.tokens[position - 1];
  const pair = sequence.tokens.findIndex((token, index) => token === key && sequence.roles[index] === 'key');
  return sequence.tokens[pair + 1];
}

test('keys and their values are tokens of letters alone, from the last one back', () => {
  expect(vocabulary.keys).toHaveLength(8);
  // 53 such tokens: " the" (62) and the letters 61 … 10; 8 keys, and 5 values for each.
  expect(vocabulary.keys.map(({ token }) => token)).toEqual([62, 61, 60, 59, 58, 57, 56, 55]);
  expect(vocabulary.keys[0]?.values).toEqual([54, 46, 38, 30, 22]);
  expect(vocabulary.keys[7]?.values).toEqual([47, 39, 31, 23, 15]);
  const none = recallVocabulary((token) => ['a1', ' ', '', '\n', ' a b', 'é'][token] ?? '?', 6);
  expect(none).toEqual({ keys: [] });
});

test('no token serves twice, and a large vocabulary gives 8 keys of 12 values', () => {
  const large = recallVocabulary((token) => 'ab'.repeat(1 + token), 500);
  const all = large.keys.flatMap(({ token, values }) => [token, ...values]);
  expect(all).toHaveLength(8 * 13);
  expect(new Set(all).size).toBe(8 * 13);
});

test('the whole sequence of a seed', () => {
  const shape = { pairs: 2, distance: 12, gap: 1 };
  const found = recallEvaluationSequence(material(40), shape, stream('whole'));
  expect(found.roles.join(' ')).toBe(
    'start key value text key value text text text text text text text text text text key answer text key answer text',
  );
  expect(found.answers.map(({ position, distance }) => [position, distance])).toEqual([
    // The second pair is queried first: its key stands at 4, that of the first pair at 1.
    [17, 12],
    [20, 18],
  ]);
});

test('every query stands at least the distance behind its pair, and its answer is the value of the pair', () => {
  const shapes = fc.record({
    pairs: fc.integer({ min: 1, max: 8 }),
    distance: fc.integer({ min: 1, max: 150 }),
    gap: fc.integer({ min: 0, max: 4 }),
  });
  fc.assert(
    fc.property(shapes, fc.integer(), (shape, seed) => {
      const found = recallEvaluationSequence(
        material(2 * recallTextNeeded(shape)),
        shape,
        rootSeed(seed).stream(),
      );
      expect(found.answers).toHaveLength(shape.pairs);
      expect(Math.min(...found.answers.map(({ distance }) => distance))).toBeGreaterThanOrEqual(
        shape.distance,
      );
      for (const answer of found.answers) {
        expect(found.tokens[answer.position]).toBe(answer.expected);
        expect(lookedUp(found, answer.position)).toBe(answer.expected);
      }
      expect(found.tokens.length).toBeLessThanOrEqual(1 + recallTextNeeded(shape) + 4 * shape.pairs);
      expect(new Set(found.answers.map(({ expected }) => expected)).size).toBe(shape.pairs);
    }),
  );
});

test('no key and no value appears in the text, so that a key has one value', () => {
  const shape = { pairs: 8, distance: 64, gap: 2 };
  const { tokens, roles } = recallEvaluationSequence(material(200), shape, stream('keys'));
  const taken = new Set(vocabulary.keys.flatMap(({ token, values }) => [token, ...values]));
  expect(new Set(tokens.filter((_, index) => roles[index] === 'key')).size).toBe(8);
  const text = tokens.filter((_, index) => roles[index] === 'text');
  expect(text.length).toBeGreaterThan(64);
  expect(text.filter((token) => taken.has(token))).toEqual([]);
});

test('the same seed gives the same sequence, another seed another', () => {
  const shape = { pairs: 8, distance: 64, gap: 2 };
  const make = (seed: string): RecallSequence => recallEvaluationSequence(material(200), shape, stream(seed));
  expect(make('a')).toEqual(make('a'));
  expect(make('a').tokens).not.toEqual(make('b').tokens);
});

test('too few keys or too little text is an error in words', () => {
  expect(() =>
    recallEvaluationSequence(material(400), { pairs: 30, distance: 4, gap: 0 }, stream('x')),
  ).toThrow('A sequence of 30 pairs needs as many keys; the vocabulary has 8.');
  expect(() =>
    recallEvaluationSequence(material(20), { pairs: 2, distance: 64, gap: 0 }, stream('x')),
  ).toThrow('The sequence needs 60 more tokens of text; 19 are left.');
});

test('a training row is full to the last token, and its answers can be looked up', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 40, max: 256 }), (seed, context) => {
      const row = recallTrainingRow(
        material(context),
        { ...recallTrainingShape, context },
        rootSeed(seed).stream(),
      );
      expect(row.tokens).toHaveLength(context);
      expect(row.roles).toHaveLength(context);
      for (const { position, expected } of row.answers) {
        expect(row.roles[position]).toBe('answer');
        expect(lookedUp(row, position)).toBe(expected);
      }
    }),
  );
});

test('training rows ask many questions, at many distances', () => {
  const shape = { ...recallTrainingShape, context: 256 };
  const rows = Array.from({ length: 40 }, (_, index) =>
    recallTrainingRow(material(256), shape, stream(String(index))),
  );
  const distances = rows.flatMap(({ answers }) => answers.map(({ distance }) => distance));
  expect(distances.length / rows.length).toBeGreaterThan(10);
  expect(Math.min(...distances)).toBeLessThan(20);
  expect(Math.max(...distances)).toBeGreaterThan(100);
});
