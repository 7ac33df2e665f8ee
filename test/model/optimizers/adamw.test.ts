import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { adamW, type AdamWSettings } from '../../../src/model/optimizers/adamw.js';
import { clippingFactor, globalNorm } from '../../../src/model/optimizers/gradient-clipping.js';
import { learningRateAt, type LearningRate } from '../../../src/model/optimizers/learning-rate.js';
import { expectClose, useBackend } from '../tensors.js';

interface Reference {
  readonly initial: Record<string, tf.TensorLike>;
  readonly steps: readonly {
    readonly gradients: Record<string, tf.TensorLike>;
    readonly parameters: Record<string, tf.TensorLike>;
  }[];
}

const settings: AdamWSettings = {
  learningRate: { peak: 0.05, warmupSteps: 0, decay: 'constant', finalShare: 0 },
  betas: [0.9, 0.95],
  epsilon: 1e-6,
  weightDecay: 0.1,
  clipNorm: 1.5,
};

const tensors = (record: Record<string, tf.TensorLike>): Map<string, tf.Tensor> =>
  new Map(Object.entries(record).map(([name, values]) => [name, tf.tensor(values)]));

for (const backend of ['cpu', 'wasm'] as const) {
  test(`${backend}: four steps with clipping and decay are those of PyTorch, and leave no tensor`, async () => {
    await useBackend(backend);
    const file = join(import.meta.dirname, '../../reference/adamw.json');
    const reference = JSON.parse(await readFile(file, 'utf8')) as Reference;
    const before = tf.memory().numTensors;
    const optimizer = adamW(settings);
    let parameters = tensors(reference.initial);
    let state = optimizer.initialState(parameters);
    expect([...state.keys()]).toEqual([
      'matrix.first_moment',
      'matrix.second_moment',
      'vector.first_moment',
      'vector.second_moment',
    ]);
    reference.steps.forEach((step, index) => {
      const gradients = tensors(step.gradients);
      const update = optimizer.update(parameters, gradients, state, { step: index + 1, of: 4 });
      for (const map of [gradients, parameters, state]) for (const tensor of map.values()) tensor.dispose();
      ({ parameters, state } = update);
      for (const [name, expected] of tensors(step.parameters)) {
        expectClose(parameters.get(name)!, expected, 1e-5);
        expected.dispose();
      }
    });
    for (const map of [parameters, state]) for (const tensor of map.values()) tensor.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
}

test('a parameter without a gradient stays as it is, with its moments', async () => {
  await useBackend('cpu');
  const optimizer = adamW(settings);
  const parameters = tensors({ used: [1, 2], unused: [3] });
  const state = optimizer.initialState(parameters);
  const { parameters: after } = optimizer.update(parameters, tensors({ used: [1, 1] }), state, {
    step: 1,
    of: 2,
  });
  expectClose(after.get('unused')!, [3], 0);
  expect(after.get('used')!.dataSync()[0]).toBeLessThan(1);
});

test('the norm is that of all gradients together, and only larger ones are scaled', async () => {
  await useBackend('cpu');
  const gradients = tensors({ a: [[3, 0]], b: [0, 4] });
  expectClose(globalNorm(gradients), [5], 1e-6);
  expectClose(clippingFactor(gradients, 2), [0.4], 1e-6);
  expectClose(clippingFactor(gradients, 5), [1], 0);
  expectClose(clippingFactor(gradients, 9), [1], 0);
  expectClose(clippingFactor(tensors({ a: [0, 0] }), 1), [1], 0);
});

const rate = (decay: LearningRate['decay'], warmupSteps = 2): LearningRate => ({
  peak: 8,
  warmupSteps,
  decay,
  finalShare: 0.25,
});

test.each<[LearningRate['decay'], number[]]>([
  ['constant', [4, 8, 8, 8, 8, 8]],
  ['linear', [4, 8, 6.5, 5, 3.5, 2]],
  ['cosine', [4, 8, 5 + 3 * Math.SQRT1_2, 5, 5 - 3 * Math.SQRT1_2, 2]],
])('%s: grows over the warmup, then goes to its final share', (decay, expected) => {
  expected.forEach((value, index) => {
    expect(learningRateAt(rate(decay), { step: index + 1, of: 6 })).toBeCloseTo(value, 10);
  });
});

test('without a warmup the first step is already on the way down, and beyond the plan the rate stays', () => {
  expect(learningRateAt(rate('linear', 0), { step: 1, of: 4 })).toBe(6.5);
  expect(learningRateAt(rate('linear', 0), { step: 9, of: 4 })).toBe(2);
});
