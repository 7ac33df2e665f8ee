import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { rootSeed } from '../../../src/base/seed.js';
import { fixedMix } from '../../../src/model/attention/fixed-mix.js';
import { hedgehog } from '../../../src/model/feature-maps/hedgehog.js';
import { lossAndGradients, type LossAndGradients } from '../../../src/model/gradients.js';
import { hybridAttention } from '../../../src/model/hybrid/hybrid-attention.js';
import { initialTensors } from '../../../src/model/hybrid/layer-tensors.js';
import { LanguageModelGradients } from '../../../src/model/losses/language-model-gradients.js';
import { languageModelLoss } from '../../../src/model/losses/language-model-loss.js';
import { lowRankAdapter } from '../../../src/model/low-rank-adapter.js';
import type { Parameters } from '../../../src/model/parameters.js';
import { productBytes, recalled, remembering } from '../../../src/model/remembered-products.js';
import type { LayerParts, Llama } from '../../../src/model/transformer.js';
import { loadLlama } from '../../../src/model/weights/hugging-face-folder.js';
import { expectClose, normals, useBackend } from '../tensors.js';

const folder = join(import.meta.dirname, '../../reference/llama/tied');
const seed = rootSeed(3);

interface Training {
  readonly model: Llama;
  readonly trained: Parameters;
  readonly partsWith: (trained: Parameters) => LayerParts;
}

/** Feature maps and adapters in every projection that takes them, none of them zero; the window kept for one row. */
async function training(): Promise<Training> {
  const model = await loadLlama(folder);
  const conversion = {
    window: 3,
    linearScope: 'all' as const,
    featureMap: hedgehog({ activation: 'softmax', noise: 0.1 }),
    mix: fixedMix({ window: 0.5 }),
  };
  const adapter = lowRankAdapter({ rank: 2, alpha: 4, targets: ['self_attn.q_proj', 'mlp.down_proj'] });
  const trained = new Map(initialTensors(conversion, model.config, seed));
  for (const [name, tensor] of adapter.parameters(model.config, seed)) {
    trained.set(name, normals(name, tensor.shape as [number, number], 0.1));
    tensor.dispose();
  }
  const keep = tf.tensor4d([1, 0], [2, 1, 1, 1]);
  const partsWith = (given: Parameters): LayerParts => ({
    attention: hybridAttention(conversion, given, {
      branch: 'both',
      renormalise: true,
      dropout: { keep, dropped: 'linear_alone' },
    }),
    adapters: adapter.apply(given),
  });
  return { model, trained, partsWith };
}

const batch = (): { tokens: tf.Tensor2D; scored: tf.Tensor2D } => ({
  tokens: tf.tensor2d([[1, 7, 3, 9, 2, 2, 8, 4, 5], [6, 6, 1, 0, 3, 5, 7, 2, 1]], undefined, 'int32'), // prettier-ignore
  scored: tf.tensor2d([[0, 1, 1, 0, 1, 1, 1, 1, 1], [0, 1, 1, 1, 1, 1, 1, 1, 0]]), // prettier-ignore
});

function expectSame(actual: LossAndGradients, expected: LossAndGradients): void {
  expectClose(actual.loss, expected.loss, 1e-6);
  expect([...actual.gradients.keys()].sort()).toEqual([...expected.gradients.keys()].sort());
  for (const [name, gradient] of expected.gradients) {
    const scale = 1 / Math.max(...gradient.dataSync().map(Math.abs));
    expectClose(actual.gradients.get(name)!.mul(scale), gradient.mul(scale), 1e-4);
  }
}

test.each(['cpu', 'wasm'] as const)(
  '%s: layer by layer gives what the whole model gives',
  async (backend) => {
    await useBackend(backend);
    tf.engine().startScope();
    const { model, trained, partsWith } = await training();
    const rows = batch();
    const whole = lossAndGradients(trained, (inputs) =>
      languageModelLoss(model, rows, { ...partsWith(inputs), outputIsFrozen: true }),
    );
    expect(whole.gradients.size).toBe(trained.size);
    expectSame(new LanguageModelGradients(model).of({ trained, parts: partsWith(trained) }, rows), whole);
    tf.engine().endScope();
  },
);

test('no tensor is left but the loss and the gradients', async () => {
  await useBackend('wasm');
  const { model, trained, partsWith } = await training();
  const layers = { trained, parts: partsWith(trained) };
  const layerwise = new LanguageModelGradients(model);
  const step = (): void => {
    tf.tidy(() => {
      const rows = batch();
      const { loss, gradients } = layerwise.of(layers, rows);
      tf.dispose([loss, ...gradients.values()]);
    });
  };
  step();
  const before = tf.memory().numTensors;
  step();
  expect(tf.memory().numTensors).toBe(before);
});

test('a remembered product is the product, with its slope; one that was not kept is computed again', async () => {
  await useBackend('cpu');
  const x = normals<tf.Rank.R2>('x', [3, 4]);
  const weight = normals<tf.Rank.R2>('w', [5, 4]);
  const kept: Record<string, tf.Tensor> = {};
  const first = remembering({ weight }, kept)(x, weight);
  expect(Object.keys(kept)).toEqual(['weight']);
  for (const known of [kept, {}]) {
    const { value, grad } = tf.valueAndGrad((given: tf.Tensor2D) =>
      tf.sum<tf.Scalar>(tf.square(recalled({ weight }, known)(given, weight))),
    )(x);
    expectClose(value, tf.sum(tf.square(first)), 1e-6);
    expectClose(grad, tf.matMul(first.mul<tf.Tensor2D>(2), weight), 1e-6);
  }
});

test('a layer remembers the products of its matrices alone', () => {
  const weights = { matrix: tf.zeros([5, 4]), other: tf.zeros([2, 4]), norm: tf.zeros([4]) };
  expect(productBytes(weights, 3)).toBe(4 * 3 * (5 + 2));
});
