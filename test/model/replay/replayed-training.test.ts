import * as tf from '@tensorflow/tfjs';
import { beforeEach, expect, test } from 'vitest';
import { rootSeed } from '../../../src/base/seed.js';
import { jointMix } from '../../../src/model/attention/joint-mix.js';
import { hasHalfPrecision, intoBfloat16 } from '../../../src/model/bfloat16/bfloat16-weights.js';
import type { Precision } from '../../../src/model/bfloat16/precision.js';
import { hedgehog } from '../../../src/model/feature-maps/hedgehog.js';
import { lossAndGradients, type LossAndGradients } from '../../../src/model/gradients.js';
import type { Conversion } from '../../../src/model/hybrid/conversion.js';
import { hybridAttention } from '../../../src/model/hybrid/hybrid-attention.js';
import { initialTensors, ofLayer, partOf } from '../../../src/model/hybrid/layer-tensors.js';
import { windowDropout } from '../../../src/model/hybrid/window-dropout-plan.js';
import { initialWeights } from '../../../src/model/initial-weights.js';
import { LanguageModelGradients } from '../../../src/model/losses/language-model-gradients.js';
import { languageModelLoss } from '../../../src/model/losses/language-model-loss.js';
import {
  attentionOutput,
  attentionWeights,
  hybridOutput,
} from '../../../src/model/losses/transfer-objectives.js';
import { lowRankAdapter } from '../../../src/model/low-rank-adapter.js';
import type { Parameters } from '../../../src/model/parameters.js';
import type { LayerParts, Llama } from '../../../src/model/transformer.js';
import { layersLoss, TransferSteps } from '../../../src/plugins/stages/transfer/transfer-step.js';
import { normals, expectClose } from '../tensors.js';
import { tinyConfig } from '../../plugins/evaluation/tiny-workplace.js';
import { useTensorflow } from '../use-tensorflow.js';

beforeEach(useTensorflow);

const seed = rootSeed(5);
const [batch, time, steps] = [2, 21, 5];

/** Of gradients, relative to the largest number of each: half precision has 8 bits. */
const tolerances: Readonly<Record<Precision, number>> = { float32: 1e-4, bfloat16: 0.05 };

const conversion: Conversion = {
  window: 4,
  linearScope: 'all',
  featureMap: hedgehog({ activation: 'softmax', noise: 0.1 }),
  mix: jointMix({ gamma: 0.3 }),
};

function modelIn(precision: Precision): Llama {
  const parameters = initialWeights(tinyConfig, 0.3, seed);
  if (precision === 'bfloat16')
    for (const [name, weight] of parameters)
      if (hasHalfPrecision(weight.shape)) parameters.set(name, intoBfloat16(weight));
  return { config: tinyConfig, parameters };
}

function tokensOf(step: number): tf.Tensor2D {
  const ids = Int32Array.from({ length: batch * time }, (_, index) => ((index + step) * 7) % 11);
  return tf.tensor2d(ids, [batch, time], 'int32');
}

/** The same tensors a little further on, as after a step of an optimizer. */
function moved(parameters: Parameters, step: number): Map<string, tf.Tensor> {
  return new Map(
    [...parameters].map(([name, tensor]) => [
      name,
      tf.add(tensor, normals(`${name} ${step}`, tensor.shape as [number, number], 0.02)),
    ]),
  );
}

function expectSame(actual: LossAndGradients, whole: LossAndGradients, precision: Precision): void {
  const tolerance = tolerances[precision];
  expectClose(actual.loss, whole.loss, tolerance / 10);
  expect([...actual.gradients.keys()].sort()).toEqual([...whole.gradients.keys()].sort());
  for (const [name, gradient] of whole.gradients) {
    const scale = 1 / Math.max(...gradient.dataSync().map(Math.abs));
    expectClose(tf.mul(actual.gradients.get(name)!, scale), tf.mul(gradient, scale), tolerance);
  }
}

/** Takes steps, and says how many tensors each leaves behind. */
function leftBehind(step: (index: number) => void): readonly number[] {
  return Array.from({ length: steps }, (_, index) => {
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      step(index);
    });
    return tf.memory().numTensors - before;
  });
}

const objectives = { attentionWeights, attentionOutput, hybridOutput };

test.each(
  (['float32', 'bfloat16'] as const).flatMap((precision) =>
    (['attentionWeights', 'attentionOutput', 'hybridOutput'] as const).map(
      (name) => [name, precision] as const,
    ),
  ),
)('steps of transfer give the gradients of the whole model: %s, %s', (name, precision) => {
  const llama = modelIn(precision);
  const objective = objectives[name];
  const trained = initialTensors(conversion, tinyConfig, seed);
  const chosen = new Map(
    [...trained].filter(([name]) => objective.trains.some((part) => partOf(name) === part)),
  );
  const matter = { llama, conversion, trained, objective };
  const layerwise = new TransferSteps(matter);
  const left = leftBehind((index) => {
    const tokens = tokensOf(index);
    const parameters = moved(chosen, index);
    const whole = lossAndGradients(parameters, (inputs) =>
      layersLoss({ ...matter, trained: new Map([...trained, ...inputs]) }, tokens),
    );
    const step = layerwise.of(parameters, tokens);
    expectSame(step, whole, precision);
    expectClose(tf.mean(step.layerLosses), step.loss, 1e-5);
    tf.dispose([step.layerLosses, step.loss, ...step.gradients.values()]);
  });
  expect(left.slice(1)).toEqual(Array(steps - 1).fill(0));
  layerwise.dispose();
});

test.each(['float32', 'bfloat16'] as const)(
  'steps of fine-tuning give the gradients of the whole model while windows are dropped: %s',
  (precision) => {
    const model = modelIn(precision);
    const adapter = lowRankAdapter({ rank: 2, alpha: 4, targets: ['self_attn.q_proj', 'mlp.down_proj'] });
    const maps = initialTensors(conversion, tinyConfig, seed);
    const initial = moved(adapter.parameters(tinyConfig, seed), -1);
    const dropout = windowDropout({ schedule: [0.5], granularity: 'head', dropped: 'linear_alone' });
    const layerwise = new LanguageModelGradients(model);
    const left = leftBehind((index) => {
      const rows = { tokens: tokensOf(index), scored: tf.ones<tf.Rank.R2>([batch, time]) };
      const parameters = moved(initial, index);
      // The first two steps keep the same windows by chance, the later ones others.
      const random = seed.child(`windows ${Math.max(index, 1)}`).stream();
      const { layers, heads } = tinyConfig;
      const { keep, dropped } = dropout.draw({ progress: 0, random, batch, heads, layers });
      const masks = Array.from({ length: layers }, (_, layer) =>
        (keep as (layer: number) => tf.Tensor4D)(layer),
      );
      const partsWith = (given: Parameters): LayerParts => ({
        attention: hybridAttention(conversion, maps, {
          branch: 'both',
          renormalise: true,
          dropout: { keep: (layer) => masks[layer]!, dropped },
        }),
        adapters: adapter.apply(given),
      });
      const whole = lossAndGradients(parameters, (inputs) =>
        languageModelLoss(model, rows, { ...partsWith(inputs), outputIsFrozen: true }),
      );
      const reads = (layer: number): readonly tf.Tensor[] => [
        ...Object.values(ofLayer(maps, layer)),
        masks[layer]!,
      ];
      const found = layerwise.of({ trained: parameters, parts: partsWith(parameters), reads }, rows);
      expectSame(found, whole, precision);
      tf.dispose([found.loss, ...found.gradients.values()]);
    });
    expect(left.slice(1)).toEqual(Array(steps - 1).fill(0));
    layerwise.dispose();
  },
);

test('masks that a layer reads in secret are not taken for constants', () => {
  const model = modelIn('float32');
  const layerwise = new LanguageModelGradients(model);
  const adapter = lowRankAdapter({ rank: 2, alpha: 4, targets: ['self_attn.q_proj'] });
  const initial = moved(adapter.parameters(tinyConfig, seed), -1);
  const maps = initialTensors(conversion, tinyConfig, seed);
  const losses = Array.from({ length: 4 }, (_, index) =>
    tf.tidy(() => {
      const rows = { tokens: tokensOf(0), scored: tf.ones<tf.Rank.R2>([batch, time]) };
      const keep = tf.fill<tf.Rank.R4>([1, 1, 1, 1], index / 4);
      const options = {
        branch: 'both',
        renormalise: true,
        dropout: { keep, dropped: 'linear_alone' },
      } as const;
      const parts = {
        attention: hybridAttention(conversion, maps, options),
        adapters: adapter.apply(initial),
      };
      const { loss, gradients } = layerwise.of({ trained: initial, parts }, rows);
      const whole = languageModelLoss(model, rows, parts);
      expectClose(loss, whole, 1e-5);
      const [value] = loss.dataSync();
      tf.dispose([loss, ...gradients.values()]);
      return value;
    }),
  );
  expect(new Set(losses).size).toBe(4);
  layerwise.dispose();
});

test('a step of resumed training gives the bits that it gives after others', () => {
  const trained = initialTensors(conversion, tinyConfig, seed);
  const matter = { llama: modelIn('bfloat16'), conversion, trained, objective: attentionWeights };
  const maps = new Map([...trained].filter(([name]) => partOf(name) === 'feature_map'));
  const stepsFrom = (first: number): readonly unknown[] => {
    const layerwise = new TransferSteps(matter);
    const numbers = Array.from({ length: steps - first }, (_, index) => {
      const { gradients } = layerwise.of(moved(maps, first + index), tokensOf(first + index));
      return [...gradients].map(([name, gradient]) => [name, gradient.dataSync()]);
    });
    layerwise.dispose();
    return numbers;
  };
  const whole = stepsFrom(0);
  for (const first of [1, 3]) expect(stepsFrom(first)).toEqual(whole.slice(first));
});
