import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { embedTokens } from '../../src/model/embedding.js';
import { gatedUnit, gatedUnitNaive } from '../../src/model/gated-unit.js';
import { lowRankAdapters, mergedWeight } from '../../src/model/low-rank.js';
import { repeatHeads } from '../../src/model/repeat-heads.js';
import { rmsNorm, rmsNormNaive } from '../../src/model/rms-norm.js';
import { rotate, rotateNaive } from '../../src/model/rope.js';
import { expectTrueGradients, gradientsOf } from './gradients.js';
import { expectClose, normals, useBackend } from './tensors.js';

type Form = (...inputs: tf.Tensor[]) => tf.Tensor;

beforeEach(() => {
  tf.engine().startScope();
});
afterEach(() => {
  tf.engine().endScope();
});

const norm =
  (form: typeof rmsNorm): Form =>
  (x, weight) =>
    form(x, weight, 1e-5);
const rotated =
  (form: typeof rotate): Form =>
  (x) =>
    form(x as tf.Tensor4D, { theta: 10_000, first: 3 });
const gated =
  (form: typeof gatedUnit): Form =>
  (gate, up) =>
    form(gate as tf.Tensor2D, up as tf.Tensor2D);

const pairs: readonly { name: string; fast: Form; naive: Form; inputs: () => tf.Tensor[] }[] = [
  {
    name: 'RMS norm',
    fast: norm(rmsNorm),
    naive: norm(rmsNormNaive),
    inputs: () => [normals('x', [2, 5, 7]), normals('weight', [7])],
  },
  {
    name: 'RMS norm of a row of zeros',
    fast: norm(rmsNorm),
    naive: norm(rmsNormNaive),
    inputs: () => [tf.zeros([1, 4]), normals('weight', [4])],
  },
  {
    name: 'rotary embedding',
    fast: rotated(rotate),
    naive: rotated(rotateNaive),
    inputs: () => [normals('x', [2, 3, 5, 6])],
  },
  {
    name: 'gated unit',
    fast: gated(gatedUnit),
    naive: gated(gatedUnitNaive),
    inputs: () => [normals('gate', [5, 7], 3), normals('up', [5, 7])],
  },
];

for (const backend of ['cpu', 'wasm'] as const) {
  test.each(pairs)(`${backend}: $name equals its formula, values and gradients`, async (pair) => {
    await useBackend(backend);
    const inputs = pair.inputs();
    expectClose(pair.fast(...inputs), pair.naive(...inputs), 1e-5);
    const expected = gradientsOf(pair.naive, inputs);
    gradientsOf(pair.fast, inputs).forEach((gradient, index) => {
      expectClose(gradient, expected[index]!, 1e-4 * Math.max(1, largest(expected[index]!)));
    });
  });
}

test.each(pairs.filter(({ name }) => !name.includes('zeros')))(
  'gradients of $name are those of finite differences',
  async ({ fast, inputs }) => {
    await useBackend('cpu');
    expectTrueGradients(fast, inputs());
  },
);

test('rotary embedding turns feature i with feature i + half by position times theta^(-2i/size)', async () => {
  await useBackend('cpu');
  const x = tf.tensor4d([1, 10, 2, 20, 1, 10, 2, 20], [1, 1, 2, 4]);
  const [c0, s0] = [Math.cos(1), Math.sin(1)];
  const [c1, s1] = [Math.cos(0.01), Math.sin(0.01)];
  expectClose(
    rotate(x, { theta: 10_000 }),
    [1, 10, 2, 20, c0 - 2 * s0, 10 * c1 - 20 * s1, 2 * c0 + s0, 20 * c1 + 10 * s1],
    1e-5,
  );
});

test('rotated scores depend on the distance of two positions alone', async () => {
  await useBackend('cpu');
  const [q, k] = [normals<tf.Rank.R4>('q', [1, 1, 4, 8]), normals<tf.Rank.R4>('k', [1, 1, 4, 8])];
  const scores = (first: number): tf.Tensor =>
    tf.matMul(rotate(q, { theta: 100, first }), rotate(k, { theta: 100, first }), false, true);
  expectClose(scores(11), scores(0), 1e-4);
});

for (const backend of ['cpu', 'wasm'] as const) {
  test(`${backend}: query head h reads key-value head floor(h / group), and gradients add up`, async () => {
    await useBackend(backend);
    const x = normals<tf.Rank.R4>('x', [2, 2, 3, 4]);
    const form: Form = (input) => repeatHeads(input as tf.Tensor4D, 6);
    const found = form(x);
    [0, 0, 0, 1, 1, 1].forEach((shared, head) => {
      expectClose(found.slice([0, head, 0, 0], [2, 1, 3, 4]), x.slice([0, shared, 0, 0], [2, 1, 3, 4]), 0);
    });
    expectTrueGradients(form, [x]);
  });

  test(`${backend}: a token's embedding gets the gradients of all its places, others none`, async () => {
    await useBackend(backend);
    const tokens = tf.tensor2d([3, 0, 3, 1, 3, 1], [2, 3], 'int32');
    const table = normals<tf.Rank.R2>('table', [5, 4]);
    const form: Form = (weights) => embedTokens(weights as tf.Tensor2D, tokens);
    expectClose(form(table).slice([1, 1], [1, 1]), table.slice([3], [1]).reshape([1, 1, 4]), 0);
    expectTrueGradients(form, [table]);
    const [gradient] = gradientsOf(form, [table]);
    expect(largest(gradient!.slice([2], [1]))).toBe(0);
    expect(largest(gradient!.slice([4], [1]))).toBe(0);
  });

  test(`${backend}: merging an adapter changes the weight as applying it changes the product`, async () => {
    await useBackend(backend);
    const name = 'model.layers.1.self_attn.q_proj';
    const trained = new Map<string, tf.Tensor>([
      ['layers.1.self_attn.q_proj.lora_a', normals('a', [6, 2])],
      ['layers.1.self_attn.q_proj.lora_b', normals('b', [2, 5])],
    ]);
    const [x, weight] = [normals<tf.Rank.R2>('x', [3, 6]), normals<tf.Rank.R2>('w', [5, 6])];
    const adapters = lowRankAdapters(trained, 2);
    const adapted = tf.add(tf.matMul(x, weight, false, true), adapters(name)!(x));
    expectClose(adapted, tf.matMul(x, mergedWeight(name, weight, trained, 2), false, true), 1e-5);
    expect(adapters('model.layers.0.self_attn.q_proj')).toBeUndefined();
  });
}

function largest(x: tf.Tensor): number {
  return Math.max(...x.dataSync().map(Math.abs));
}
