import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  combinedStandardError,
  estimateMean,
  interval95,
  mean,
  pairedDifference,
  perplexity,
  perplexityInfluence,
  perplexityRatio,
  recovery,
  standardErrorOfMean,
} from '../../src/model/statistics.js';

const losses = fc.array(fc.double({ min: 0, max: 10, noNaN: true }), { minLength: 2, maxLength: 30 });

test('the standard error is the sample standard deviation over the root of n', () => {
  // Deviations -1.5, -.5, .5, 1.5: squares sum to 5, variance 5/3, over 4 items 5/12.
  expect(estimateMean([1, 2, 3, 4])).toEqual({
    value: 2.5,
    standardError: Math.sqrt(5 / 12),
    items: 4,
  });
});

test('for right and wrong answers it is sqrt(p (1 - p) / (n - 1))', () => {
  const answers = [1, 1, 1, 0, 1, 0, 1, 1, 1, 0];
  expect(standardErrorOfMean(answers)).toBeCloseTo(Math.sqrt((0.7 * 0.3) / 9), 12);
});

test('one item says nothing about its uncertainty', () => {
  expect(standardErrorOfMean([3])).toBe(Number.POSITIVE_INFINITY);
  expect(interval95(estimateMean([3]))).toEqual({
    low: Number.NEGATIVE_INFINITY,
    high: Number.POSITIVE_INFINITY,
  });
});

test('pairing removes what the items have in common', () => {
  const hard = [0, 10, 20, 30];
  const shifted = hard.map((value, index) => value + 1 + (index % 2) * 0.1);
  const difference = pairedDifference(shifted, hard);
  // Differences 1, 1.1, 1, 1.1: mean 1.05, variance 0.01/3, over 4 items 0.01/12.
  expect(difference.value).toBeCloseTo(1.05, 12);
  expect(difference.standardError).toBeCloseTo(Math.sqrt(0.01 / 12), 10);
  expect(difference.low).toBeCloseTo(1.05 - 1.959964 * Math.sqrt(0.01 / 12), 6);
  expect(difference.standardError).toBeLessThan(standardErrorOfMean(hard) / 100);
});

test('lists of different items cannot be paired', () => {
  expect(() => pairedDifference([1, 2], [1])).toThrow(
    'Paired statistics need the same items; found 2 and 1.',
  );
  expect(() =>
    combinedStandardError([
      { weight: 1, items: [1, 2] },
      { weight: 1, items: [1] },
    ]),
  ).toThrow(RangeError);
});

test('the standard error of linear >= 0.8 * both is that of the items of linear - 0.8 both', () => {
  const linear = [1, 0, 0.5, 0.25];
  const both = [1, 0.5, 1, 0.75];
  const terms = [
    { weight: 1, items: linear },
    { weight: -0.8, items: both },
  ];
  expect(combinedStandardError(terms)).toBeCloseTo(standardErrorOfMean([0.2, -0.4, -0.3, -0.35]), 12);
});

test('a combination without terms has no error', () => {
  expect(combinedStandardError([])).toBe(0);
});

test('the standard error of a combination scales with its weights and ignores constants', () => {
  fc.assert(
    fc.property(losses, fc.double({ min: -5, max: 5, noNaN: true }), (items, weight) => {
      const scaled = combinedStandardError([{ weight, items }]);
      expect(scaled).toBeCloseTo(Math.abs(weight) * standardErrorOfMean(items), 8);
      const shifted = combinedStandardError([
        { weight: 1, items },
        { weight: 1, items: items.map(() => 7) },
      ]);
      expect(shifted).toBeCloseTo(standardErrorOfMean(items), 8);
    }),
  );
});

test('perplexity is exp of the mean loss, and its error is the perplexity times the error of the loss', () => {
  const found = perplexity([1, 2, 3]);
  expect(found.value).toBeCloseTo(Math.exp(2), 12);
  expect(found.standardError).toBeCloseTo(Math.exp(2) * Math.sqrt(1 / 3), 12);
});

test('the influence of the items on the perplexity has its mean and its standard error', () => {
  fc.assert(
    fc.property(losses, (items) => {
      const { value, standardError } = perplexity(items);
      const influence = perplexityInfluence(items);
      expect(mean(influence) / value).toBeCloseTo(1, 9);
      expect(standardErrorOfMean(influence) / value).toBeCloseTo(standardError / value, 9);
    }),
  );
});

test('the ratio of perplexities is exp of the paired loss difference, end points too', () => {
  const found = perplexityRatio([3, 5, 4], [2, 3, 4]);
  // Differences 1, 2, 0: mean 1, variance 1, over 3 items 1/3.
  expect(found.value).toBeCloseTo(Math.E, 12);
  expect(found.low).toBeCloseTo(Math.exp(1 - 1.959964 / Math.sqrt(3)), 5);
  expect(found.high).toBeCloseTo(Math.exp(1 + 1.959964 / Math.sqrt(3)), 4);
});

test('about 95 % of the intervals contain the true mean', () => {
  let state = 12345;
  const uniform = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const contains = Array.from({ length: 2000 }, () => {
    const { low, high } = interval95(estimateMean(Array.from({ length: 60 }, uniform)));
    return low <= 0.5 && 0.5 <= high;
  }).filter(Boolean).length;
  expect(contains / 2000).toBeGreaterThan(0.93);
  expect(contains / 2000).toBeLessThan(0.965);
});

test.each([
  { model: 0.45, teacher: 0.9, better: 'higher', share: 0.5 },
  { model: 66.3, teacher: 68.26, better: 'higher', share: 0.9713 },
  { model: 40, teacher: 30, better: 'lower', share: 0.75 },
] as const)('a model of $model recovers $share of a teacher of $teacher, $better is better', (row) => {
  expect(recovery(row.model, row.teacher, row.better)).toBeCloseTo(row.share, 4);
});
