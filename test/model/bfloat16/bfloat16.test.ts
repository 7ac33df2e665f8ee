import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { softmaxAttention } from '../../../src/model/attention/softmax.js';
import { frozenProduct } from '../../../src/model/bfloat16/frozen-weight.js';
import { isBfloat16, toBfloat16, widened } from '../../../src/model/bfloat16/rounding.js';
import { parameterShapes } from '../../../src/model/parameters.js';
import { hiddenStates, logits, type Llama } from '../../../src/model/transformer.js';
import { expectClose, largestDifference, normals, useBackend } from '../tensors.js';
import { useTensorflow } from '../use-tensorflow.js';
import { withBfloat16Weights } from './with-bfloat16-weights.js';

/** bfloat16 keeps 8 bits of the fraction, the hidden one counted. */
const unit = 2 ** -8;

beforeEach(() => {
  tf.engine().startScope();
});
afterEach(() => {
  tf.engine().endScope();
});

test('rounding goes to the nearest bfloat16, ties to even', async (context) => {
  await useTensorflow(context);
  const given = [1, 1 + unit, 1 + 3 * unit, 1.001, -3.1415927, 1e30, 0];
  const rounded = widened(toBfloat16(tf.tensor1d(given))).dataSync();
  expect([...rounded]).toEqual([1, 1, 1.015625, 1, -3.140625, 1.0002555517760501e30, 0].map(Math.fround));
});

test.for([
  [1, 1, 1],
  [17, 33, 9],
  [64, 256, 128],
] as const)(
  'the product of %i rows with a weight [%i in, %i out] is that of the rounded factors',
  async ([rows, from, to], context) => {
    await useTensorflow(context);
    const x = normals<tf.Rank.R2>('x', [rows, from]);
    const weight = normals<tf.Rank.R2>('w', [to, from]);
    const factors = [x, weight].map((factor) => widened(toBfloat16(factor)));
    const exact = tf.matMul(factors[0]!, factors[1]!, false, true);
    expectClose(frozenProduct(x, toBfloat16(weight)), exact, unit);
  },
);

test('the slope in the input is dy W, rounded', async (context) => {
  await useTensorflow(context);
  const x = normals<tf.Rank.R2>('x', [5, 33]);
  const weight = normals<tf.Rank.R2>('w', [9, 33]);
  const dy = normals<tf.Rank.R2>('dy', [5, 9]);
  const frozen = toBfloat16(weight);
  const slope = tf.grad((input) =>
    frozenProduct(input as tf.Tensor2D, frozen)
      .mul(dy)
      .sum(),
  )(x);
  expectClose(slope, tf.matMul(dy, weight), 4 * unit);
});

test('no tensor is left behind, inside TensorFlow neither', async (context) => {
  await useTensorflow(context);
  const x = normals<tf.Rank.R2>('x', [5, 33]);
  const weight = toBfloat16(normals<tf.Rank.R2>('w', [9, 33]));
  frozenProduct(x, weight).dispose();
  const { numTensors } = tf.memory();
  const before = nextHandle();
  for (let step = 0; step < 3; step += 1) frozenProduct(x, weight).dispose();
  expect(tf.memory().numTensors).toBe(numTensors);
  // Handles count up and are never given twice: three products of three outputs each, and this one.
  expect(nextHandle() - before).toBe(10);
});

function nextHandle(): number {
  const { binding } = tf.backend() as tf.KernelBackend & {
    binding: {
      createTensor(shape: number[], dtype: number, values: Float32Array): number;
      deleteTensor(id: number): void;
    };
  };
  const handle = binding.createTensor([1], 1, new Float32Array(1));
  binding.deleteTensor(handle);
  return handle;
}

test('an operation with a bfloat16 input rounds the others and gives bfloat16', async (context) => {
  await useTensorflow(context);
  const weight = toBfloat16(normals<tf.Rank.R2>('w', [4, 6]));
  const factor = tf.scalar(1.001);
  const scaled = tf.mul(weight, factor);
  const [upper, lower] = tf.split(scaled, 2, 0);
  const joined = tf.concat([lower!, tf.pad(upper!, [[1, 0], [0, 0]])], 0); // prettier-ignore
  expect([scaled, lower!, joined].map(isBfloat16)).toEqual([true, true, true]);
  const expected = tf.concat([
    tf.slice(widened(weight), [2, 0]),
    tf.zeros([1, 6]),
    tf.slice(widened(weight), [0, 0], [2, 6]),
  ]);
  expectClose(widened(joined), expected, 0);
});

test('numbers of bfloat16 are read as what they are', async (context) => {
  await useTensorflow(context);
  const numbers = toBfloat16(tf.tensor1d([1, -2.5, 3.001]));
  expect([...numbers.dataSync()]).toEqual([1, -2.5, 3]);
  expect([...(await numbers.data())]).toEqual([1, -2.5, 3]);
});

test('operations on bfloat16 leave no tensors behind', async (context) => {
  await useTensorflow(context);
  const weight = toBfloat16(normals<tf.Rank.R2>('w', [4, 6]));
  const x = tf.ones([4, 6]);
  const before = tf.memory().numTensors;
  const sum = tf.add(x, weight);
  expect(tf.memory().numTensors).toBe(before + 1);
  sum.dispose();
});

test('a backend without bfloat16 says so, and multiplies float32 weights as ever', async () => {
  await useBackend('cpu');
  const weight = normals<tf.Rank.R2>('w', [3, 4]);
  expect(() => toBfloat16(weight)).toThrow('The backend "cpu" has no bfloat16; "tensorflow" has.');
  expect(isBfloat16(weight)).toBe(false);
  const x = normals<tf.Rank.R2>('x', [2, 4]);
  expectClose(frozenProduct(x, weight), tf.matMul(x, weight, false, true), 0);
});

/** A decoder with random weights, deep enough for errors to add up. */
function randomLlama(): Llama {
  const config = {
    hiddenSize: 96,
    layers: 8,
    heads: 6,
    keyValueHeads: 2,
    headSize: 16,
    intermediateSize: 256,
    vocabularySize: 200,
    contextLength: 64,
    ropeTheta: 10_000,
    rmsNormEpsilon: 1e-5,
    tiedEmbeddings: true,
  };
  const parameters = new Map<string, tf.Tensor>();
  for (const [name, shape] of parameterShapes(config)) {
    const scale = shape.length === 1 ? 1 : 1 / Math.sqrt(shape[1]!);
    parameters.set(
      name,
      shape.length === 1 ? tf.ones([...shape]) : normals(name, shape as [number, number], scale),
    );
  }
  return { config, parameters };
}

test('a decoder with bfloat16 projections gives nearly the same distribution of the next token', async (context) => {
  await useTensorflow(context);
  const model = randomLlama();
  const tokens = tf.tensor2d(
    [Array.from({ length: 50 }, (_, index) => (index * 37) % 200)],
    [1, 50],
    'int32',
  );
  const distribution = (llama: Llama): tf.Tensor =>
    tf.softmax(logits(llama, hiddenStates(llama, tokens, softmaxAttention)));
  const exact = distribution(model);
  const rounded = distribution(withBfloat16Weights(model));
  const [p, q] = [exact, rounded].map((tensor) => Float32Array.from(tensor.dataSync()));
  const divergence = p!.reduce((sum, value, index) => sum + value * Math.log(value / q![index]!), 0) / 50;
  expect(largestDifference(p!, q!)).toBeGreaterThan(0);
  expect(divergence).toBeLessThan(1e-3);
});
