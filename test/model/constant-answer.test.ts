import fc from 'fast-check';
import { expect, test } from 'vitest';
import { answerHistogram } from '../../src/model/constant-answer.js';

test('counts are sorted by frequency, equal ones by answer', () => {
  expect(answerHistogram([3, 1, 2, 1, 2, 9], [1, 1, 1, 1, 1, 1])).toEqual({
    counts: [
      { answer: 1, count: 2 },
      { answer: 2, count: 2 },
      { answer: 3, count: 1 },
      { answer: 9, count: 1 },
    ],
    total: 6,
    share: 1 / 3,
    expectedShare: 1,
    constant: false,
  });
});

test('always answering A of four letters is flagged', () => {
  const expected = Array.from({ length: 40 }, (_, index) => index % 4);
  const found = answerHistogram(
    expected.map(() => 0),
    expected,
  );
  expect(found).toMatchObject({ share: 1, expectedShare: 0.25, constant: true });
});

test('always answering the first of two options is flagged', () => {
  const expected = Array.from({ length: 40 }, (_, index) => index % 2);
  expect(answerHistogram(Array<number>(40).fill(1), expected).constant).toBe(true);
});

test('a model that is right is never flagged, however uneven the expected answers are', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1 }), (answers) => {
      expect(answerHistogram(answers, answers).constant).toBe(false);
    }),
  );
});

test('a handful of answers shows no habit', () => {
  expect(answerHistogram([5, 5, 5], [1, 2, 3]).constant).toBe(false);
  expect(answerHistogram([], [])).toEqual({
    counts: [],
    total: 0,
    share: 0,
    expectedShare: 0,
    constant: false,
  });
});
