import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { crossEntropy, crossEntropyNaive, type Targets } from '../../../src/model/losses/cross-entropy.js';
import { nextTokens } from '../../../src/model/losses/language-model-loss.js';
import { expectTrueGradients, gradientsOf } from '../gradients.js';
import { expectClose, normals, useBackend } from '../tensors.js';

beforeEach(() => {
  tf.engine().startScope();
});
afterEach(() => {
  tf.engine().endScope();
});

const targets = (): Targets => ({
  tokens: tf.tensor1d([4, 0, 2, 2, 1], 'int32'),
  weights: tf.tensor1d([1, 0, 2, 1, 0.5]),
});
const inputs = (): tf.Tensor[] => [normals('hidden', [5, 3]), normals('output', [6, 3])];
const form =
  (loss: typeof crossEntropyNaive) =>
  (...given: tf.Tensor[]): tf.Tensor =>
    loss(given[0] as tf.Tensor2D, given[1] as tf.Tensor2D, targets());

for (const backend of ['cpu', 'wasm'] as const) {
  test(`${backend}: the fused loss equals log-softmax, values and gradients`, async () => {
    await useBackend(backend);
    expectClose(form(crossEntropy)(...inputs()), form(crossEntropyNaive)(...inputs()), 1e-6);
    const expected = gradientsOf(form(crossEntropyNaive), inputs());
    gradientsOf(form(crossEntropy), inputs()).forEach((gradient, index) => {
      expectClose(gradient, expected[index]!, 1e-5);
    });
  });

  test(`${backend}: a frozen output projection gets no gradient, the hidden states the same one`, async () => {
    await useBackend(backend);
    const [hidden, output] = inputs() as [tf.Tensor2D, tf.Tensor2D];
    const frozen = gradientsOf(
      (given) => crossEntropy(given as tf.Tensor2D, output, targets(), { outputIsFrozen: true }),
      [hidden],
    );
    const [expected] = gradientsOf(form(crossEntropy), [hidden, output]);
    expectClose(frozen[0]!, expected!, 1e-6);
  });
}

test('a vocabulary too large for one slice gives the same loss and gradients', async () => {
  await useBackend('wasm');
  // 40 rows of 150,000 logits are more than fit at once.
  const [rows, vocabulary] = [40, 150_000];
  const hidden = normals<tf.Rank.R2>('hidden', [rows, 2]);
  const output = normals<tf.Rank.R2>('output', [vocabulary, 2]);
  const tokens = tf.range(0, rows, 1, 'int32');
  const weights = tf.ones<tf.Rank.R1>([rows]);
  const loss = crossEntropy(hidden, output, { tokens, weights });
  const single = Array.from({ length: rows }, (_, row) =>
    crossEntropyNaive(hidden.slice(row, 1), output, {
      tokens: tokens.slice(row, 1),
      weights: weights.slice(row, 1),
    }),
  );
  expectClose(loss, tf.addN(single).div(rows), 1e-4);
  const given = { tokens, weights };
  const [dHidden, dOutput] = gradientsOf(
    (x, y) => crossEntropy(x as tf.Tensor2D, y as tf.Tensor2D, given),
    [hidden, output],
  );
  const [expectedHidden, expectedOutput] = gradientsOf(
    (x, y) => crossEntropyNaive(x as tf.Tensor2D, y as tf.Tensor2D, given),
    [hidden, output],
  );
  // Sums of 150,000 terms, in another order.
  expectClose(dHidden!, expectedHidden!, 5e-5);
  expectClose(dOutput!, expectedOutput!, 1e-5);
});

test('gradients are those of finite differences', async () => {
  await useBackend('cpu');
  expectTrueGradients(form(crossEntropy), inputs());
});

test('outside a gradient the loss is the same', async () => {
  await useBackend('cpu');
  const plain = form(crossEntropy)(...inputs());
  const { value } = tf.valueAndGrads(form(crossEntropy) as (...given: tf.Tensor[]) => tf.Scalar)(inputs());
  expectClose(plain, value, 1e-7);
});

test('huge logits lose nothing to overflow', async () => {
  await useBackend('cpu');
  const loss = crossEntropy(tf.tensor2d([[1000]]), tf.tensor2d([[1], [0.9]]), {
    tokens: tf.tensor1d([1], 'int32'),
    weights: tf.tensor1d([1]),
  });
  expectClose(loss, [100], 1e-3);
});

test('each position is asked for the token after it, the last for none', async () => {
  await useBackend('cpu');
  const { tokens, weights } = nextTokens(
    tf.tensor2d([5, 6, 7, 1, 2, 3], [2, 3], 'int32'),
    tf.tensor2d([1, 1, 2, 1, 0, 1], [2, 3]),
  );
  expect([...tokens.dataSync()]).toEqual([6, 7, 5, 2, 3, 1]);
  expect([...weights.dataSync()]).toEqual([1, 2, 0, 0, 1, 0]);
});
