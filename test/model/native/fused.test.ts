import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { rootSeed } from '../../../src/base/seed.js';
import { blend } from '../../../src/model/attention/blend.js';
import { linearAttention } from '../../../src/model/attention/linear.js';
import { softmaxAttention } from '../../../src/model/attention/softmax.js';
import { windowAttention } from '../../../src/model/attention/window.js';
import { autocast } from '../../../src/model/bfloat16/autocast.js';
import { withBfloat16Weights } from '../bfloat16/with-bfloat16-weights.js';
import type { Precision } from '../../../src/model/bfloat16/precision.js';
import type { ModelConfig } from '../../../src/model/config.js';
import { hedgehog } from '../../../src/model/feature-maps/hedgehog.js';
import { gatedUnit } from '../../../src/model/gated-unit.js';
import { joinHeads, splitHeads } from '../../../src/model/heads.js';
import { hybridAttention } from '../../../src/model/hybrid/hybrid-attention.js';
import { compareWeights } from '../../../src/model/losses/attention-weights.js';
import { lowRankAdapters } from '../../../src/model/low-rank.js';
import { nativeBackend } from '../../../src/model/native/native-backend.js';
import { residual } from '../../../src/model/residual.js';
import { rmsNorm } from '../../../src/model/rms-norm.js';
import { decoderLayer, type Llama } from '../../../src/model/transformer.js';
import { conversionWith, randomDecoder } from '../decode/random-decoder.js';
import { gradientsOf } from '../gradients.js';
import { normals } from '../tensors.js';
import { useFused } from './use-fused.js';

/** What both forms compute: the composed one is held against formulas and finite differences by tests of its own. */
interface Case {
  readonly name: string;
  readonly inputs: readonly tf.Tensor[];
  readonly compute: (...inputs: tf.Tensor[]) => readonly tf.Tensor[];
}

beforeEach(() => {
  tf.engine().startScope();
});
afterEach(() => {
  tf.engine().endScope();
});

/** Values, then the gradients for every input. */
function allOf({ inputs, compute }: Case, precision: Precision): readonly tf.Tensor[] {
  return autocast(precision, () => [...compute(...inputs), ...gradientsOf(compute, inputs)]);
}

function composed<Result>(work: () => Result): Result {
  const backend = nativeBackend()!;
  backend.hasFusedOperations = false;
  try {
    return work();
  } finally {
    backend.hasFusedOperations = true;
  }
}

/** The largest distance over tensors, as a part of each one's size. */
function distance(found: readonly tf.Tensor[], wanted: readonly tf.Tensor[]): number {
  expect(found.map(({ shape }) => shape)).toEqual(wanted.map(({ shape }) => shape));
  const parts = found.map((x, index) => {
    const size = tf.norm(wanted[index]!).dataSync()[0]!;
    const apart = tf.norm(tf.sub(x, wanted[index]!)).dataSync()[0]!;
    return apart / Math.max(size, 0.1);
  });
  return parts.reduce((most, part) => (Number.isNaN(part) ? Infinity : Math.max(most, part)), 0);
}

const heads = (name: string, time: number, size: number): tf.Tensor4D =>
  normals<tf.Rank.R4>(name, [2, 3, time, size]);

const operands = (time: number): tf.Tensor[] => [
  heads('q', time, 6),
  heads('k', time, 6),
  heads('v', time, 5),
];

const positiveOperands = (time: number): tf.Tensor[] => operands(time).map((x, i) => (i < 2 ? tf.abs(x) : x));

type Three = [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];

const linearCases = (): Case[] =>
  [1, 5, 64, 65, 150].flatMap((time) =>
    [0, 3, 32, 200].map((delay) => ({
      name: `linear attention over ${time}, delayed by ${delay}`,
      inputs: positiveOperands(time),
      compute: (...given: tf.Tensor[]) => {
        const [queries, keys, values] = given as Three;
        const { output, mass } = linearAttention({ queries, keys, values, delay });
        return [output, mass];
      },
    })),
  );

const windowCases = (): Case[] =>
  [1, 31, 33, 100].flatMap((time) =>
    [1, 8, 32, 70].flatMap((window) =>
      [true, false].map((mass) => ({
        name: `window ${window} over ${time}${mass ? ', with its mass' : ''}`,
        inputs: operands(time),
        compute: (...given: tf.Tensor[]) => {
          const branch = windowAttention(...(given as Three), { window, mass });
          return branch.mass === undefined ? [branch.output] : [branch.output, branch.mass];
        },
      })),
    ),
  );

const weightCases = (): Case[] =>
  [1, 40, 129, 300].flatMap((time) =>
    [undefined, 7].map((window) => {
      const [q, k, v] = operands(time) as Three;
      return {
        name: `weights over ${time}, teacher's window ${String(window)}`,
        inputs: [tf.abs(heads('phi q', time, 8)), tf.abs(heads('phi k', time, 8))].map((x) =>
          tf.add(x, 0.01),
        ),
        compute: (...given: tf.Tensor[]) => {
          const [queries, keys] = given as [tf.Tensor4D, tf.Tensor4D];
          const { loss, output } = compareWeights({ q, k, v, window, queries, keys, positive: true });
          // The output has no gradient, and nothing that is trained lies behind it.
          return [loss, tf.mul(tf.sum(queries), 0).add(output)];
        },
      };
    }),
  );

const map = hedgehog({ activation: 'softmax', noise: 0, size: 4 });

const partCases = (): Case[] => [
  {
    name: 'normalisation',
    inputs: [normals('x', [3, 5, 48]), normals('w', [48])],
    compute: (x, w) => [rmsNorm(x, w, 1e-5)],
  },
  {
    name: 'normalisation of what is freed before the way back',
    inputs: [normals('x', [5, 48]), normals('w', [48])],
    compute: (x, w) => [tf.tidy(() => rmsNorm(tf.mul(x, 2), w, 1e-5))],
  },
  {
    name: 'gate',
    inputs: [normals('gate', [7, 33], 3), normals('up', [7, 33])],
    compute: (gate, up) => [gatedUnit(gate as tf.Tensor2D, up as tf.Tensor2D)],
  },
  {
    name: 'residual',
    inputs: [normals('x', [7, 33]), normals('y', [7, 33])],
    compute: (x, y) => [residual(x, y)],
  },
  ...[1, 3].map((repeats) => ({
    name: `rows to ${repeats} copies of heads, turned and not, and back`,
    inputs: [normals('rows', [10, 16])],
    compute: (...given: tf.Tensor[]) => {
      const rows = given[0] as tf.Tensor2D;
      const layout = { batch: 2, time: 5, heads: 2, repeats };
      const turned = splitHeads(rows, { ...layout, positions: { theta: 100, first: 3 } });
      const plain = splitHeads(rows, layout);
      return [turned, plain, joinHeads(turned, 'float32')];
    },
  })),
  {
    name: 'softmax features',
    inputs: [heads('x', 9, 6), normals('w', [3, 6, 4])],
    compute: (x, w) => [map.queries(x as tf.Tensor4D, { 'query.weight': w })],
  },
  ...[
    [1, 1, 1, 1],
    [1, 3, 1, 1],
    [2, 1, 1, 1],
    [2, 3, 9, 1],
  ].map((shape) => ({
    name: `two branches mixed by a weight of ${String(shape)}`,
    inputs: [heads('linear', 9, 5), heads('window', 9, 5), normals('weight', shape as [number])],
    compute: (...given: tf.Tensor[]) => {
      const [linear, window, weight] = given as Three;
      return [blend({ linear, window }, weight)];
    },
  })),
  ...[1, 5, 130, 260].map((time) => ({
    name: `softmax attention over ${time}`,
    inputs: operands(time),
    compute: (...given: tf.Tensor[]) => {
      const [q, k, v] = given as Three;
      return [softmaxAttention({ q, k, v })];
    },
  })),
];

const families = [
  { name: 'Llama', config: {} },
  { name: 'Qwen3, with head norms', config: { headNorms: true } },
] as const;

const shape: ModelConfig = {
  vocabularySize: 12,
  hiddenSize: 24,
  intermediateSize: 40,
  layers: 1,
  heads: 4,
  keyValueHeads: 2,
  headSize: 6,
  ropeTheta: 10_000,
  rmsNormEpsilon: 1e-5,
  tiedEmbeddings: true,
} as ModelConfig;

/** A converted layer with LoRA, in the input and in what is trained. */
function layerCase(model: Llama, family: string): Case {
  const conversion = conversionWith(8, 'outside_window', 'joint');
  const maps = conversion.featureMap.parameters({ heads: 4, headSize: 6 }, rootSeed(3));
  const names = ['self_attn.q_proj', 'self_attn.v_proj', 'self_attn.o_proj', 'mlp.down_proj'];
  const sizes = [24, 12, 24, 24];
  const pairs = names.flatMap((name, index) => {
    const input = name === 'mlp.down_proj' ? 40 : 24;
    return [
      [`layers.0.${name}.lora_a`, normals(`a ${name}`, [input, 2], 0.2)],
      [`layers.0.${name}.lora_b`, normals(`b ${name}`, [2, sizes[index]!], 0.2)],
    ] as const;
  });
  const trained: (readonly [string, tf.Tensor])[] = [
    ...Object.entries(maps).map(([name, tensor]) => [`layers.0.feature_map.${name}`, tensor] as const),
    ['layers.0.mix.gamma', normals('gamma', [4])],
    ...pairs,
  ];
  return {
    name: `a converted layer of ${family} with LoRA`,
    inputs: [normals('x', [2, 40, 24]), ...trained.map(([, tensor]) => tensor)],
    compute: (x, ...tensors) => {
      const all = new Map(trained.map(([name], index) => [name, tensors[index]!]));
      const attention = hybridAttention(conversion, all, { branch: 'both', renormalise: true });
      return [decoderLayer(model, x as tf.Tensor3D, 0, { attention, adapters: lowRankAdapters(all, 2) })];
    },
  };
}

function layerCases(precision: Precision): Case[] {
  return families.map(({ name, config }) => {
    const model = randomDecoder({ ...shape, ...config }, 0.2);
    return layerCase(precision === 'bfloat16' ? withBfloat16Weights(model) : model, name);
  });
}

const allCases = (precision: Precision): Case[] => [
  ...partCases(),
  ...linearCases(),
  ...windowCases(),
  ...weightCases(),
  ...layerCases(precision),
];

test('fused operations give the values and gradients of the composed ones', async (context) => {
  await useFused(context);
  for (const one of allCases('float32')) {
    const apart = distance(
      allOf(one, 'float32'),
      composed(() => allOf(one, 'float32')),
    );
    expect(apart, one.name).toBeLessThan(2e-5);
  }
});

test('in bfloat16 fused operations are as close to float32 as composed ones, to its rounding', async (context) => {
  await useFused(context);
  const exact = allCases('float32').map((one) => composed(() => allOf(one, 'float32')));
  allCases('bfloat16').forEach((one, index) => {
    const apart = distance(allOf(one, 'bfloat16'), exact[index]!);
    const ofComposed = composed(() => distance(allOf(one, 'bfloat16'), exact[index]!));
    expect(apart, one.name).toBeLessThan(1.5 * ofComposed + 4e-3);
  });
});

test('fused operations leave no tensors behind', async (context) => {
  await useFused(context);
  const [one] = layerCases('bfloat16');
  const step = (): void => {
    tf.dispose(tf.tidy(() => [...allOf(one!, 'bfloat16')]));
  };
  step();
  const before = tf.memory().numTensors;
  step();
  expect(tf.memory().numTensors).toBe(before);
});

test('a fused operation hands a number that is none on', async (context) => {
  await useFused(context);
  const x = tf.tensor2d([1, NaN, 3, 4, 5, 6], [2, 3]);
  const [first, second] = rmsNorm(x, tf.ones([3]), 1e-5).arraySync();
  expect(first!.every(Number.isNaN)).toBe(true);
  expect(second!.some(Number.isNaN)).toBe(false);
});

test('results are the same bits, however work is shared among threads', async (context) => {
  await useFused(context);
  const [gate, up] = [normals<tf.Rank.R2>('gate', [300, 1000], 3), normals<tf.Rank.R2>('up', [300, 1000])];
  // So few rows are computed on one thread.
  const inParts = Array.from({ length: 75 }, (_, part) =>
    gatedUnit(gate.slice(4 * part, 4), up.slice(4 * part, 4)),
  );
  expect(gatedUnit(gate, up).dataSync()).toEqual(tf.concat(inParts).dataSync());
});
