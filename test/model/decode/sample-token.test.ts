import { expect, test } from 'vitest';
import { rootSeed } from '../../../src/base/seed.js';
import { sampleToken, type Sampling } from '../../../src/model/decode/sample-token.js';

const scores = Float32Array.of(1, 3, 2, 3, -Infinity);

/** How often each token is chosen. */
function shares(sampling: Sampling, draws: number): readonly number[] {
  const random = rootSeed(4).stream();
  const counts = [0, 0, 0, 0, 0];
  for (let draw = 0; draw < draws; draw += 1) counts[sampleToken(scores, sampling, random)]! += 1 / draws;
  return counts;
}

test('temperature 0 takes the first of the highest scores', () => {
  expect(shares({ temperature: 0 }, 10)[1]).toBeCloseTo(1);
  expect(shares({ temperature: 5, topK: 1 }, 10)[1]).toBeCloseTo(1);
});

test('tokens are chosen in proportion to the exponentials of their scores over the temperature', () => {
  const weights = [...scores].map((score) => Math.exp(score / 2));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const found = shares({ temperature: 2 }, 20_000);
  for (const [token, weight] of weights.entries()) expect(found[token]).toBeCloseTo(weight / total, 1.5);
  expect(found[4]).toBe(0);
});

test('only the highest scores can be chosen where their number is given', () => {
  const found = shares({ temperature: 100, topK: 3 }, 3000);
  expect(found[0]).toBe(0);
  for (const token of [1, 2, 3]) expect(found[token]).toBeGreaterThan(0.3);
});

test('only the fewest of the likeliest that together have the share can be chosen, after the temperature', () => {
  // At temperature 1 the shares are 0.06, 0.40, 0.15, 0.40 and 0.
  const chosen = (sampling: Sampling): readonly number[] =>
    shares(sampling, 2000).flatMap((share, token) => (share > 0 ? [token] : []));
  expect(chosen({ temperature: 1, topP: 1e-6 })).toEqual([1]);
  expect(chosen({ temperature: 1, topP: 0.39 })).toEqual([1]);
  expect(chosen({ temperature: 1, topP: 0.41 })).toEqual([1, 3]);
  expect(chosen({ temperature: 1, topP: 0.9 })).toEqual([1, 2, 3]);
  expect(chosen({ temperature: 1, topP: 1 })).toEqual([0, 1, 2, 3]);
  // Hotter, the shares are 0.21, 0.29, 0.25 and 0.29 or so.
  expect(chosen({ temperature: 5, topP: 0.41 })).toEqual([1, 3]);
  expect(chosen({ temperature: 5, topP: 0.9 })).toEqual([0, 1, 2, 3]);
});

test('those that are left keep their proportions, and a number of them is taken first', () => {
  const found = shares({ temperature: 1, topK: 3, topP: 0.9 }, 20_000);
  const [first, second] = [Math.exp(3), Math.exp(2)];
  const total = 2 * first + second;
  // The three likeliest: 0.42, 0.42 and 0.16 of what is left.
  expect(found[1]).toBeCloseTo(first / total, 1.5);
  expect(found[2]).toBeCloseTo(second / total, 1.5);
  expect(found[0]).toBe(0);
  expect(shares({ temperature: 1, topK: 2, topP: 0.9 }, 500)[2]).toBe(0);
});
