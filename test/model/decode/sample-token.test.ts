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
