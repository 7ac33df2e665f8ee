import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { rootSeed } from '../../src/base/seed.js';
import { lowRankAdapter } from '../../src/model/low-rank-adapter.js';
import { tinyConfig } from '../plugins/evaluation/tiny-workplace.js';
import { expectClose, normals, useBackend } from './tensors.js';

beforeEach(async () => {
  await useBackend('cpu');
  tf.engine().startScope();
});
afterEach(() => {
  tf.engine().endScope();
});

const adapter = lowRankAdapter({ rank: 3, alpha: 6, targets: ['self_attn.k_proj', 'mlp.down_proj'] });
const name = 'model.layers.1.self_attn.k_proj';

test('it makes a pair of matrices for each target of each layer, and changes nothing at the start', () => {
  const tensors = adapter.parameters(tinyConfig, rootSeed(1));
  expect([...tensors].map(([key, { shape }]) => `${key} ${String(shape)}`)).toEqual(
    [0, 1].flatMap((layer) => [
      `layers.${layer}.self_attn.k_proj.lora_a 16,3`,
      `layers.${layer}.self_attn.k_proj.lora_b 3,8`,
      `layers.${layer}.mlp.down_proj.lora_a 24,3`,
      `layers.${layer}.mlp.down_proj.lora_b 3,16`,
    ]),
  );
  const largest = tf.max(tf.abs(tensors.get('layers.0.self_attn.k_proj.lora_a')!)).dataSync()[0]!;
  expect(largest).toBeLessThanOrEqual(0.25);
  expect(largest).toBeGreaterThan(0.2);
  const x = normals<tf.Rank.R2>('x', [5, 16]);
  expectClose(adapter.apply(tensors)(name)!(x), tf.zeros([5, 8]), 0);
});

test('a merged weight gives what weight and adapter give together', () => {
  const tensors = adapter.parameters(tinyConfig, rootSeed(1));
  tensors.set('layers.1.self_attn.k_proj.lora_b', normals('b', [3, 8]));
  const x = normals<tf.Rank.R2>('x', [5, 16]);
  const weight = normals<tf.Rank.R2>('weight', [8, 16]);
  const plain = tf.matMul<tf.Tensor2D>(x, weight, false, true);
  const together = tf.add(plain, adapter.apply(tensors)(name)!(x));
  expectClose(tf.matMul(x, adapter.merge(name, weight, tensors), false, true), together, 1e-5);
  expect(tf.max(tf.abs(tf.sub(together, plain))).dataSync()[0]).toBeGreaterThan(0.1);
});
