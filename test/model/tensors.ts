import * as tf from '@tensorflow/tfjs';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { expect } from 'vitest';
import { registerWasmMatrixProduct } from '../../src/model/kernels/wasm-matrix-product.js';
import { registerWasmSegmentSum } from '../../src/model/kernels/wasm-segment-sum.js';
import { rootSeed } from '../../src/base/seed.js';

const folder = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm/package.json'));

/** Makes the backend current. */
export async function useBackend(name: 'cpu' | 'wasm'): Promise<void> {
  setWasmPaths(`${folder}/dist/`);
  if (name === 'wasm') {
    registerWasmMatrixProduct();
    registerWasmSegmentSum();
  }
  expect(await tf.setBackend(name)).toBe(true);
  await tf.ready();
  expect(tf.getBackend()).toBe(name);
}

/** Standard normal numbers that depend on the name alone. */
export function normals<Rank extends tf.Rank>(
  name: string,
  shape: tf.ShapeMap[Rank],
  scale = 1,
): tf.Tensor<Rank> {
  const random = rootSeed(1).child(name).stream();
  const size = tf.util.sizeFromShape([...shape]);
  return tf.tensor(
    Float32Array.from({ length: size }, () => scale * random.normal()),
    shape,
  );
}

/** Fails where two tensors differ by more than the tolerance times the largest value (at least 1). */
export function expectClose(
  actual: tf.Tensor,
  expected: tf.Tensor | readonly number[],
  tolerance: number,
): void {
  const found = actual.dataSync();
  const wanted = [...(expected instanceof tf.Tensor ? expected.dataSync() : expected)];
  if (expected instanceof tf.Tensor) expect(actual.shape).toEqual(expected.shape);
  expect(found.length).toBe(wanted.length);
  const scale = wanted.reduce((largest: number, x: number) => Math.max(largest, Math.abs(x)), 1);
  expect(largestDifference(found, wanted) / scale).toBeLessThanOrEqual(tolerance);
}

/** The largest absolute difference; infinite where a value is not a number. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let largest = 0;
  for (let index = 0; index < a.length; index += 1) {
    const difference = Math.abs(a[index]! - b[index]!);
    largest = Number.isNaN(difference) ? Infinity : Math.max(largest, difference);
  }
  return largest;
}
