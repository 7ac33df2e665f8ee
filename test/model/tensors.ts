import * as tf from '@tensorflow/tfjs';
import { expect } from 'vitest';
import { rootSeed } from '../../src/base/seed.js';
import { CpuBackend } from '../../src/plugins/backends/cpu/cpu-backend.js';
import { WasmBackend } from '../../src/plugins/backends/wasm/wasm-backend.js';

/** Makes the backend current, as the plugin does. */
export async function useBackend(name: 'cpu' | 'wasm'): Promise<void> {
  const backend = name === 'wasm' ? new WasmBackend() : new CpuBackend();
  await backend.start();
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
