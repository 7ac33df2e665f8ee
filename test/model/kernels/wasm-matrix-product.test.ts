import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { expectClose, normals, useBackend } from '../tensors.js';

beforeEach(async () => {
  await useBackend('wasm');
  tf.engine().startScope();
});
afterEach(() => {
  tf.engine().endScope();
});

/** Sums of products, in the plainest way. */
function referenceProduct(a: tf.Tensor, b: tf.Tensor, transposeA: boolean, transposeB: boolean): number[] {
  const left = (transposeA ? swapLast(a) : a).arraySync() as number[][];
  const right = (transposeB ? swapLast(b) : b).arraySync() as number[][];
  return left.flatMap((row) =>
    right[0]!.map((_, column) => row.reduce((sum, x, i) => sum + x * right[i]![column]!, 0)),
  );
}

const swapLast = (x: tf.Tensor): tf.Tensor => tf.transpose(x, [1, 0]);

test('products of single matrices equal sums of products, transposed or not', () => {
  const size = fc.integer({ min: 1, max: 40 });
  fc.assert(
    fc.property(
      fc.tuple(size, size, size),
      fc.boolean(),
      fc.boolean(),
      ([m, k, n], transposeA, transposeB) => {
        tf.tidy(() => {
          const a = normals<tf.Rank.R2>('a', transposeA ? [k, m] : [m, k]);
          const b = normals<tf.Rank.R2>('b', transposeB ? [n, k] : [k, n]);
          const expected = referenceProduct(a, b, transposeA, transposeB);
          expectClose(tf.matMul(a, b, transposeA, transposeB), expected, 1e-4);
        });
      },
    ),
    { numRuns: 60, seed: 1 },
  );
});

test.each([
  { a: [2, 3, 5, 7], b: [2, 3, 7, 4] },
  { a: [2, 3, 5, 7], b: [1, 3, 7, 4] },
  { a: [2, 1, 5, 7], b: [2, 3, 7, 4] },
  { a: [2, 3, 5, 7], b: [1, 1, 7, 4] },
  { a: [2, 1, 5, 7], b: [1, 3, 7, 4] },
  { a: [1, 1, 5, 7], b: [2, 3, 7, 4] },
  { a: [3, 70, 33], b: [3, 33, 50] },
])('every matrix of a batch is multiplied by its own: $a by $b', ({ a, b }) => {
  const x = normals('x', a as [number, number, number, number]);
  const y = normals('y', b as [number, number, number, number]);
  const turn = (t: tf.Tensor): tf.Tensor =>
    tf.transpose(t, [...Array(t.rank - 2).keys(), t.rank - 1, t.rank - 2]);
  const plain = tf.matMul(x, y);
  const outer = tf.broadcast_util.assertAndGetBroadcastShape(a.slice(0, -2), b.slice(0, -2));
  const whole = [
    tf.broadcastTo(x, [...outer, ...a.slice(-2)]),
    tf.broadcastTo(y, [...outer, ...b.slice(-2)]),
  ];
  const pairs = whole.map((t) => tf.unstack(tf.reshape(t, [-1, ...t.shape.slice(-2)])) as tf.Tensor2D[]);
  const expected = pairs[0]!.flatMap((left, index) =>
    referenceProduct(left, pairs[1]![index]!, false, false),
  );
  expectClose(plain, expected, 1e-4);
  expectClose(tf.matMul(turn(x), y, true, false), plain, 1e-5);
  expectClose(tf.matMul(x, turn(y), false, true), plain, 1e-5);
  expectClose(tf.matMul(turn(x), turn(y), true, true), plain, 1e-5);
});

test('a product leaves one tensor and no memory behind', () => {
  const x = normals<tf.Rank.R4>('x', [2, 3, 5, 7]);
  const y = normals<tf.Rank.R4>('y', [2, 3, 5, 4]);
  tf.matMul(x, y, true, false).dispose();
  const before = tf.memory();
  for (let round = 0; round < 20; round += 1) tf.matMul(x, y, true, false).dispose();
  expect(tf.memory().numTensors).toBe(before.numTensors);
  expect(tf.memory().numDataBuffers).toBe(before.numDataBuffers);
});

test('operands that do not fit are refused', () => {
  expect(() => tf.matMul(tf.zeros([2, 3]), tf.zeros([4, 2]))).toThrow('shapes 2,3 and 4,2 do not fit');
});
