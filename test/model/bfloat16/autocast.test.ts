import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { linearAttention } from '../../../src/model/attention/linear.js';
import { softmaxAttention } from '../../../src/model/attention/softmax.js';
import { windowAttention } from '../../../src/model/attention/window.js';
import { autocast, factor } from '../../../src/model/bfloat16/autocast.js';
import { isBfloat16 } from '../../../src/model/bfloat16/rounding.js';
import { hedgehog } from '../../../src/model/feature-maps/hedgehog.js';
import { compareWeights } from '../../../src/model/losses/attention-weights.js';
import { gradientsOf } from '../gradients.js';
import { normals, useBackend } from '../tensors.js';
import { useTensorflow } from '../use-tensorflow.js';

beforeEach(() => {
  tf.engine().startScope();
});
afterEach(() => {
  tf.engine().endScope();
});

type Four = tf.Tensor4D;
type Form = (...given: tf.Tensor[]) => readonly tf.Tensor[];

const of = (shape: readonly [number, number, number, number], ...names: string[]): Four[] =>
  names.map((name) => normals<tf.Rank.R4>(name, [...shape]));

const map = hedgehog({ activation: 'softmax', noise: 0 });

const forms: readonly { readonly name: string; readonly inputs: () => tf.Tensor[]; readonly form: Form }[] = [
  {
    name: 'softmax attention',
    inputs: () => of([1, 2, 200, 16], 'q', 'k', 'v'),
    form: (q, k, v) => [softmaxAttention({ q: q as Four, k: k as Four, v: v as Four })],
  },
  {
    name: 'window attention with its mass',
    inputs: () => of([1, 2, 70, 16], 'q', 'k', 'v'),
    form: (q, k, v) => {
      const { output, mass } = windowAttention(q as Four, k as Four, v as Four, { window: 32, mass: true });
      return [output, mass!];
    },
  },
  {
    name: 'linear attention',
    inputs: () => {
      const [q, k, v] = of([1, 2, 150, 16], 'q', 'k', 'v');
      return [tf.abs(q!), tf.abs(k!), v!];
    },
    form: (queries, keys, values) => {
      const { output, mass } = linearAttention({
        queries: queries as Four,
        keys: keys as Four,
        values: values as Four,
        delay: 32,
      });
      return [output, mass];
    },
  },
  {
    name: 'a learned feature map',
    inputs: () => [...of([1, 2, 60, 16], 'q'), normals('w', [2, 16, 16])],
    form: (q, weight) => [map.queries(q as Four, { 'query.weight': weight })],
  },
  {
    name: 'the comparison of weights',
    inputs: () => of([1, 2, 200, 16], 'x', 'y').map((x) => tf.abs(x)),
    form: (queries, keys) => {
      const [q, k, v] = of([1, 2, 200, 16], 'q', 'k', 'v') as [Four, Four, Four];
      return [compareWeights({ q, k, v, queries: queries as Four, keys: keys as Four }).loss];
    },
  },
];

/** Length of the difference over the length of what is right. */
function relativeError(actual: tf.Tensor, right: tf.Tensor): number {
  return tf.tidy(() => tf.norm(tf.sub(actual, right)).div(tf.norm(right)).dataSync()[0]!);
}

test.for(forms)(
  '$name in half precision is close in values and slopes, and float32',
  async ({ inputs, form }, context) => {
    await useTensorflow(context);
    const given = inputs();
    const half: Form = (...operands) => autocast('bfloat16', () => form(...operands));
    const pairs = [
      ...form(...given).map((right, index) => [half(...given)[index]!, right] as const),
      ...gradientsOf(form, given).map((right, index) => [gradientsOf(half, given)[index]!, right] as const),
    ];
    for (const [actual, right] of pairs) {
      expect(isBfloat16(actual)).toBe(false);
      // Some roundings to 8 bits in a row.
      expect(relativeError(actual, right)).toBeLessThan(0.03);
    }
    expect(Math.max(...pairs.map(([actual, right]) => relativeError(actual, right)))).toBeGreaterThan(1e-5);
  },
);

test('work that fails leaves the precision as it was', async (context) => {
  await useTensorflow(context);
  const x = tf.scalar(1);
  expect(() =>
    autocast('bfloat16', () => {
      expect(isBfloat16(factor(x))).toBe(true);
      throw new Error('failed');
    }),
  ).toThrow('failed');
  expect(factor(x)).toBe(x);
});

test('an inner precision counts until it ends', async (context) => {
  await useTensorflow(context);
  const x = tf.scalar(1);
  autocast('bfloat16', () => {
    expect(autocast('float32', () => isBfloat16(factor(x)))).toBe(false);
    expect(isBfloat16(factor(x))).toBe(true);
  });
});

test('in float32 a factor is the tensor itself, on any backend', async () => {
  await useBackend('cpu');
  const x = tf.scalar(1);
  expect(autocast('float32', () => factor(x))).toBe(x);
});
