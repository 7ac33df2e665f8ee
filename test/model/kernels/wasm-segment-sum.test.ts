import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { registerWasmSegmentSum } from '../../../src/model/kernels/wasm-segment-sum.js';
import { normals, useBackend } from '../tensors.js';

const sums = (shape: [number, number] | [number, number, number], ids: readonly number[]): number[] => [
  ...tf
    .tidy(() =>
      tf.unsortedSegmentSum(normals('x', shape as [number, number]), tf.tensor1d([...ids], 'int32'), 4),
    )
    .dataSync(),
];

test.each([
  { shape: [5, 3], ids: [3, 0, 3, 1, 3] },
  { shape: [3, 2, 2], ids: [1, 1, 0] },
  { shape: [4, 1], ids: [2, -1, 2, 0] },
] as const)('rows are summed by segment as on the cpu backend: $shape, $ids', async ({ shape, ids }) => {
  await useBackend('cpu');
  const expected = sums([...shape] as [number, number], ids);
  await useBackend('wasm');
  const found = sums([...shape] as [number, number], ids);
  expect(found.length).toBe(expected.length);
  found.forEach((value, index) => {
    expect(value).toBeCloseTo(expected[index]!, 5);
  });
});

test('registering again changes nothing', async () => {
  await useBackend('wasm');
  const before = tf.getKernel('UnsortedSegmentSum', 'wasm');
  registerWasmSegmentSum();
  expect(tf.getKernel('UnsortedSegmentSum', 'wasm')).toBe(before);
});

test('the gradient of gather works on wasm', async () => {
  await useBackend('wasm');
  const gradient = tf.tidy(() =>
    tf.grad((x) => tf.gather(x, tf.tensor1d([1, 1, 0], 'int32')).sum())(tf.ones([3, 2])),
  );
  expect([...gradient.dataSync()]).toEqual([1, 1, 2, 2, 0, 0]);
  gradient.dispose();
});
