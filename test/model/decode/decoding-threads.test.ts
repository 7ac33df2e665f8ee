import { expect, test } from 'vitest';
import { decodingThreads } from '../../../src/model/decode/decoding-threads.js';

test.each([
  [1, 1],
  [2, 1],
  [3, 1],
  [16, 8],
])('of %i cores an operation gets %i', (cores, threads) => {
  expect(decodingThreads(cores)).toBe(threads);
});
