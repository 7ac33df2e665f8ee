import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { rootSeed } from '../../../src/base/seed.js';
import { activations, type ActivationName } from '../../../src/model/feature-maps/activation.js';
import { headProjection } from '../../../src/model/feature-maps/head-projection.js';
import { hedgehog } from '../../../src/model/feature-maps/hedgehog.js';
import { identityMaps } from '../golden.js';
import { expectTrueGradients, gradientsOf } from '../gradients.js';
import { expectClose, normals, useBackend } from '../tensors.js';

beforeEach(() => {
  tf.engine().startScope();
});
afterEach(() => {
  tf.engine().endScope();
});

const names = Object.keys(activations) as ActivationName[];

const golden: Readonly<Record<ActivationName, readonly number[]>> = {
  softmax: [0.17529, 0.039113, 0.785597, 0.17529, 0.785597, 0.039113],
  exp: [0.22313, 0.049787, 1, 0.22313, 1, 0.049787],
  relu: [0.5, 1e-12, 2],
  one_plus_elu: [1.5, 0.367879, 3],
  none: [0.5, -1, 2],
};

for (const backend of ['cpu', 'wasm'] as const) {
  test.each(names)(`${backend}: %s of [0.5, -1, 2] with the identity`, async (activation) => {
    await useBackend(backend);
    const map = hedgehog({ activation, noise: 0 });
    const x = tf.tensor4d([0.5, -1, 2], [1, 1, 1, 3]);
    const features = map.queries(x, identityMaps(3));
    expect(features.shape).toEqual([1, 1, 1, golden[activation].length]);
    expectClose(features, golden[activation], 1e-6);
    expectClose(map.keys(x, identityMaps(3)), golden[activation], 1e-6);
  });
}

test.each(names)('gradients of %s are those of finite differences', async (activation) => {
  await useBackend('cpu');
  const map = hedgehog({ activation, noise: 0 });
  // Few projections, so that none changes sign within a small step: relu has a kink there.
  const x = normals<tf.Rank.R4>('x', [1, 2, 2, 4], 2);
  const weight = normals<tf.Rank.R3>('weight', [2, 4, 3]);
  const features = (...given: tf.Tensor[]): tf.Tensor =>
    map.queries(given[0] as tf.Tensor4D, { 'query.weight': given[1]! });
  expectTrueGradients(features, [x, weight]);
});

test.each(names)('%s gives the same features and gradients on wasm as on cpu', async (activation) => {
  const map = hedgehog({ activation, noise: 0 });
  const results: tf.Tensor[][] = [];
  for (const backend of ['cpu', 'wasm'] as const) {
    await useBackend(backend);
    const inputs = [normals<tf.Rank.R4>('x', [2, 3, 7, 8]), normals<tf.Rank.R3>('weight', [3, 8, 6])];
    const features = (...given: tf.Tensor[]): tf.Tensor =>
      map.keys(given[0] as tf.Tensor4D, { 'key.weight': given[1]! });
    results.push([features(...inputs), ...gradientsOf(features, inputs)]);
  }
  results[0]!.forEach((x, index) => {
    expectClose(results[1]![index]!, x, 1e-5);
  });
});

test.each(['softmax', 'exp'] as const)(
  '%s stays finite and positive for scores of any size',
  async (activation) => {
    await useBackend('wasm');
    const x = normals<tf.Rank.R4>('x', [1, 1, 9, 3], 1000);
    const features = [...hedgehog({ activation, noise: 0 }).queries(x, identityMaps(3)).dataSync()];
    expect(features.every((value) => Number.isFinite(value) && value > 0)).toBe(true);
  },
);

test('it starts as the identity plus noise of the given deviation, different for queries and keys', async () => {
  await useBackend('cpu');
  const map = hedgehog({ activation: 'softmax', noise: 0.1, size: 48 });
  const tensors = map.parameters({ heads: 8, headSize: 32 }, rootSeed(5));
  expect(Object.keys(tensors)).toEqual(['query.weight', 'key.weight']);
  const [query, key] = Object.values(tensors) as [tf.Tensor3D, tf.Tensor3D];
  expect(query.shape).toEqual([8, 32, 48]);
  const identity = tf.expandDims(tf.eye(32, 48), 0);
  for (const weight of [query, key]) {
    const { mean, variance } = tf.moments(tf.sub(weight, identity));
    expect(mean.dataSync()[0]).toBeCloseTo(0, 2);
    expect(Math.sqrt(variance.dataSync()[0]!)).toBeCloseTo(0.1, 2);
  }
  expect(query.dataSync()).not.toEqual(key.dataSync());
});

test('the same seed gives the same map', async () => {
  await useBackend('cpu');
  const map = hedgehog({ activation: 'softmax', noise: 0.1 });
  const [first, second] = [1, 2].map(() => map.parameters({ heads: 2, headSize: 4 }, rootSeed(5)));
  expectClose(first!['key.weight']!, second!['key.weight']!, 0);
});

test('a size below the head size keeps its first dimensions', async () => {
  await useBackend('cpu');
  const map = hedgehog({ activation: 'none', noise: 0, size: 2 });
  const tensors = map.parameters({ heads: 1, headSize: 3 }, rootSeed(5));
  expectClose(map.queries(tf.tensor4d([7, 8, 9], [1, 1, 1, 3]), tensors), [7, 8], 0);
});

test('a projection per head equals the projections of the heads one by one', async () => {
  await useBackend('wasm');
  const x = normals<tf.Rank.R4>('x', [2, 3, 5, 4]);
  const weight = normals<tf.Rank.R3>('weight', [3, 4, 6]);
  const heads = tf.unstack(x, 1).map((rows, head) => {
    const matrix = tf.slice(weight, [head, 0, 0], [1, -1, -1]).reshape<tf.Tensor2D>([4, 6]);
    return tf.matMul(tf.reshape(rows, [10, 4]), matrix).reshape([2, 5, 6]);
  });
  expectClose(headProjection(x, weight), tf.stack(heads, 1), 1e-5);
});
