import type * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { rootSeed } from '../../src/base/seed.js';
import { initialWeights } from '../../src/model/initial-weights.js';
import { useBackend } from './tensors.js';

const config = {
  hiddenSize: 64,
  layers: 2,
  heads: 4,
  keyValueHeads: 2,
  headSize: 16,
  intermediateSize: 96,
  vocabularySize: 128,
  contextLength: 32,
  ropeTheta: 1e4,
  rmsNormEpsilon: 1e-5,
  tiedEmbeddings: false,
};

function deviation(tensor: tf.Tensor): number {
  const values = tensor.dataSync<'float32'>();
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
}

test('weights have the asked deviation, those into the residual stream a smaller one, norms are one', async () => {
  await useBackend('cpu');
  const weights = initialWeights(config, 0.06, rootSeed(3));
  const of = (name: string): number => deviation(weights.get(name)!);
  for (const name of [
    'model.embed_tokens',
    'lm_head',
    'model.layers.1.self_attn.q_proj',
    'model.layers.0.mlp.up_proj',
  ])
    expect(of(`${name}.weight`), name).toBeCloseTo(0.06, 2);
  for (const name of ['model.layers.0.self_attn.o_proj', 'model.layers.1.mlp.down_proj'])
    expect(of(`${name}.weight`), name).toBeCloseTo(0.03, 2);
  expect([...weights.get('model.norm.weight')!.dataSync()]).toEqual(Array<number>(64).fill(1));
});

test('the same seed gives the same weights, another name or seed other ones', async () => {
  await useBackend('cpu');
  const [first, again, other] = [3, 3, 4].map((seed) => initialWeights(config, 0.06, rootSeed(seed)));
  const values = (weights: Map<string, tf.Tensor> | undefined, name: string): number[] => [
    ...weights!.get(name)!.dataSync(),
  ];
  const name = 'model.layers.0.self_attn.k_proj.weight';
  expect(values(again, name)).toEqual(values(first, name));
  expect(values(other, name)).not.toEqual(values(first, name));
  expect(values(first, 'model.layers.0.self_attn.v_proj.weight')).not.toEqual(values(first, name));
});
