import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { naiveWindowAttention } from '../../../src/model/attention/window-naive.js';
import { hedgehog } from '../../../src/model/feature-maps/hedgehog.js';
import { compareWeights } from '../../../src/model/losses/attention-weights.js';
import { naiveCompareWeights } from '../../../src/model/losses/attention-weights-naive.js';
import { outputError } from '../../../src/model/losses/output-error.js';
import { goldenSequence, identityMaps } from '../golden.js';
import { expectTrueGradients, gradientsOf } from '../gradients.js';
import { expectClose, normals, useBackend } from '../tensors.js';

beforeEach(() => {
  tf.engine().startScope();
});
afterEach(() => {
  tf.engine().endScope();
});

for (const backend of ['cpu', 'wasm'] as const) {
  test(`${backend}: the golden cross-entropy of softmax and linear weights`, async () => {
    await useBackend(backend);
    const { q, k, v } = goldenSequence();
    const map = hedgehog({ activation: 'softmax', noise: 0 });
    const features = { queries: map.queries(q, identityMaps(2)), keys: map.keys(k, identityMaps(2)) };
    expectClose(compareWeights({ q, k, v, ...features }).loss, [0.957525], 2e-6);
    expectClose(naiveCompareWeights({ q, k, v, ...features }).loss, [0.957525], 2e-6);
  });

  test.each([1, 2, 127, 128, 129, 260])(`${backend}: row by row equals naive: time %i`, async (time) => {
    await useBackend(backend);
    const [q, k, v] = ['q', 'k', 'v'].map((name) => normals<tf.Rank.R4>(name, [2, 2, time, 4])) as [
      tf.Tensor4D,
      tf.Tensor4D,
      tf.Tensor4D,
    ];
    const inputs = ['x', 'y'].map((name) => tf.abs(normals<tf.Rank.R4>(name, [2, 2, time, 3])));
    const of =
      (compare: typeof compareWeights, positive?: boolean) =>
      (...given: tf.Tensor[]) =>
        compare({ q, k, v, positive, queries: given[0] as tf.Tensor4D, keys: given[1] as tf.Tensor4D }).loss;
    const naive = of(naiveCompareWeights);
    const expected = gradientsOf(naive, inputs);
    for (const loss of [of(compareWeights), of(compareWeights, true)]) {
      expectClose(loss(...inputs), naive(...inputs), 1e-5);
      gradientsOf(loss, inputs).forEach((x, index) => {
        expectClose(x, expected[index]!, 1e-4);
      });
    }
  });

  test.each([undefined, 1, 5, 300])(`${backend}: the teacher's output, sliding window %s`, async (window) => {
    await useBackend(backend);
    const [q, k, v] = ['q', 'k', 'v'].map((name) => normals<tf.Rank.R4>(name, [1, 2, 130, 4])) as [
      tf.Tensor4D,
      tf.Tensor4D,
      tf.Tensor4D,
    ];
    const input = { q, k, v, window, queries: tf.abs(q), keys: tf.abs(k) };
    const naive = naiveCompareWeights(input);
    const { loss, output } = compareWeights(input);
    expectClose(loss, naive.loss, 1e-5);
    expectClose(output, naive.output, 1e-5);
    const [slopes, expected] = [compareWeights, naiveCompareWeights].map((compare) =>
      gradientsOf(
        (queries, keys) =>
          compare({ ...input, queries: queries as tf.Tensor4D, keys: keys as tf.Tensor4D }).loss,
        [input.queries, input.keys],
      ),
    );
    slopes!.forEach((x, index) => {
      expectClose(x, expected![index]!, 1e-4);
    });
    if (window !== undefined) expectClose(output, naiveWindowAttention(q, k, v, window).output, 1e-5);
  });
}

test('rows whose weights sum to less than 0 are as in the naive form', async () => {
  await useBackend('wasm');
  const [q, k, v] = ['q', 'k', 'v'].map((name) => normals<tf.Rank.R4>(name, [1, 1, 5, 4])) as [
    tf.Tensor4D,
    tf.Tensor4D,
    tf.Tensor4D,
  ];
  const queries = tf.tensor4d([1, -1, 2, 1, -3], [1, 1, 5, 1]);
  const keys = tf.tensor4d([-1, -2, -1, -3, -0.5], [1, 1, 5, 1]);
  const of =
    (compare: typeof compareWeights) =>
    (...given: tf.Tensor[]) =>
      compare({ q, k, v, queries: given[0] as tf.Tensor4D, keys: given[1] as tf.Tensor4D }).loss;
  expectClose(of(compareWeights)(queries, keys), of(naiveCompareWeights)(queries, keys), 1e-5);
  const expected = gradientsOf(of(naiveCompareWeights), [queries, keys]);
  gradientsOf(of(compareWeights), [queries, keys]).forEach((x, index) => {
    expectClose(x, expected[index]!, 1e-4);
  });
});

test('its gradients are those of finite differences', async () => {
  await useBackend('cpu');
  const [q, k] = ['q', 'k'].map((name) => normals<tf.Rank.R4>(name, [1, 2, 6, 4])) as [
    tf.Tensor4D,
    tf.Tensor4D,
  ];
  const inputs = ['x', 'y'].map((name) => tf.add(tf.abs(normals<tf.Rank.R4>(name, [1, 2, 6, 3])), 0.5));
  expectTrueGradients(
    (...given) =>
      compareWeights({ q, k, v: q, queries: given[0] as tf.Tensor4D, keys: given[1] as tf.Tensor4D }).loss,
    inputs,
  );
});

test('weights that are clamped get no gradient, negative ones included', async () => {
  await useBackend('wasm');
  const q = tf.zeros<tf.Rank.R4>([1, 1, 2, 1]);
  // The second query's weights are 2 on itself and -1 on the first key: clamped there.
  const queries = tf.tensor4d([1, 1], [1, 1, 2, 1]);
  const keys = tf.tensor4d([-0.5, 1], [1, 1, 2, 1]);
  const gradients = gradientsOf(
    (...given) =>
      compareWeights({ q, k: q, v: q, queries: given[0] as tf.Tensor4D, keys: given[1] as tf.Tensor4D }).loss,
    [queries, keys],
  );
  for (const x of gradients) expect(Math.max(...x.dataSync().map(Math.abs))).toBeLessThan(10);
});

test('the loss never rises along its own slope', async () => {
  await useBackend('wasm');
  const { q, k, v } = goldenSequence();
  const map = hedgehog({ activation: 'softmax', noise: 0 });
  const loss = (weight: tf.Tensor): tf.Scalar =>
    compareWeights({
      q,
      k,
      v,
      queries: map.queries(q, { 'query.weight': weight }),
      keys: map.keys(k, { 'key.weight': weight }),
    }).loss;
  let weight: tf.Tensor = tf.reshape(tf.eye(2), [1, 2, 2]);
  let last = Infinity;
  for (let step = 0; step < 20; step += 1) {
    const { value, grad } = tf.valueAndGrad(loss)(weight);
    expect(value.dataSync()[0]).toBeLessThan(last);
    last = value.dataSync()[0]!;
    weight = tf.sub(weight, tf.mul(grad, 0.5));
  }
});

test('an output error is a thousand times the mean square of the difference', async () => {
  await useBackend('cpu');
  const teacher = tf.tensor4d([1, 2, 3, 4], [1, 1, 2, 2]);
  expectClose(outputError(tf.add(teacher, 0.5), teacher), [250], 1e-6);
});
