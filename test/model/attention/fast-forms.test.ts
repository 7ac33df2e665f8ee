import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { linearAttention } from '../../../src/model/attention/linear.js';
import { naiveLinearAttention } from '../../../src/model/attention/linear-naive.js';
import { softmaxAttention } from '../../../src/model/attention/softmax.js';
import { naiveSoftmaxAttention } from '../../../src/model/attention/softmax-naive.js';
import { windowAttention } from '../../../src/model/attention/window.js';
import { naiveWindowAttention } from '../../../src/model/attention/window-naive.js';
import { expectTrueGradients, gradientsOf } from '../gradients.js';
import { expectClose, normals, useBackend } from '../tensors.js';

beforeEach(() => {
  tf.engine().startScope();
});
afterEach(() => {
  tf.engine().endScope();
});

/** Single precision, sums of up to a few hundred terms of order one. */
const tolerance = 2e-5;

type Form = (q: tf.Tensor4D, k: tf.Tensor4D, v: tf.Tensor4D) => readonly tf.Tensor[];

const operands = (time: number, positive = false): [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D] => {
  const [q, k] = ['q', 'k'].map((name) => normals<tf.Rank.R4>(name, [2, 3, time, 4])) as [
    tf.Tensor4D,
    tf.Tensor4D,
  ];
  const v = normals<tf.Rank.R4>('v', [2, 3, time, 5]);
  return positive ? [tf.abs(q), tf.abs(k), v] : [q, k, v];
};

function expectSame(fast: Form, naive: Form, inputs: [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D]): void {
  const expected = naive(...inputs);
  fast(...inputs).forEach((x, index) => {
    expectClose(x, expected[index]!, tolerance);
  });
  const call =
    (form: Form) =>
    (...given: tf.Tensor[]) =>
      form(...(given as typeof inputs));
  const gradients = gradientsOf(call(naive), inputs);
  gradientsOf(call(fast), inputs).forEach((x, index) => {
    expectClose(x, gradients[index]!, 2e-4);
  });
}

const softmaxForm: Form = (q, k, v) => [softmaxAttention({ q, k, v })];
const naiveSoftmaxForm: Form = (q, k, v) => [naiveSoftmaxAttention(q, k, v)];

const windowForm =
  (window: number): Form =>
  (q, k, v) => {
    const { output, mass } = windowAttention(q, k, v, { window, mass: true });
    return [output, mass!];
  };
const naiveWindowForm =
  (window: number): Form =>
  (q, k, v) => {
    const { output, mass } = naiveWindowAttention(q, k, v, window);
    return [output, mass];
  };

const linearForm =
  (delay: number, chunk: number): Form =>
  (queries, keys, values) => {
    const { output, mass } = linearAttention({ queries, keys, values, delay }, chunk);
    return [output, mass];
  };
const naiveLinearForm =
  (delay: number): Form =>
  (queries, keys, values) => {
    const { output, mass } = naiveLinearAttention({ queries, keys, values, delay });
    return [output, mass];
  };

const windowCases = [
  { time: 1, window: 1 },
  { time: 1, window: 4 },
  { time: 7, window: 1 },
  { time: 7, window: 7 },
  { time: 7, window: 9 },
  { time: 31, window: 16 },
  { time: 32, window: 16 },
  { time: 33, window: 32 },
  { time: 64, window: 5 },
  { time: 100, window: 48 },
  { time: 131, window: 16 },
];
const chunkCases = [
  { time: 1, chunk: 4, delay: 0 },
  { time: 63, chunk: 16, delay: 0 },
  { time: 64, chunk: 16, delay: 0 },
  { time: 100, chunk: 64, delay: 0 },
  { time: 15, chunk: 16, delay: 16 },
  { time: 16, chunk: 16, delay: 16 },
  { time: 17, chunk: 16, delay: 16 },
  { time: 50, chunk: 8, delay: 3 },
  { time: 70, chunk: 32, delay: 69 },
];

for (const backend of ['cpu', 'wasm'] as const) {
  test.each([1, 2, 127, 128, 129, 300])(
    `${backend}: softmax by runs of rows equals naive: time %i`,
    async (time) => {
      await useBackend(backend);
      expectSame(softmaxForm, naiveSoftmaxForm, operands(time));
    },
  );

  test.each(windowCases)(
    `${backend}: blocked window equals naive: time $time, window $window`,
    async (shape) => {
      await useBackend(backend);
      expectSame(windowForm(shape.window), naiveWindowForm(shape.window), operands(shape.time));
    },
  );

  test.each(chunkCases)(
    `${backend}: chunked equals naive: time $time, chunk $chunk, delay $delay`,
    async (shape) => {
      await useBackend(backend);
      const { time, chunk, delay } = shape;
      expectSame(linearForm(delay, chunk), naiveLinearForm(delay), operands(time, true));
    },
  );
}

test('the window without its mass equals the window with it, in gradients too', async () => {
  await useBackend('wasm');
  const alone: Form = (q, k, v) => [windowAttention(q, k, v, { window: 5, mass: false }).output];
  expectSame(alone, (q, k, v) => [naiveWindowAttention(q, k, v, 5).output], operands(40));
});

test('gradients of softmax attention are those of finite differences', async () => {
  await useBackend('cpu');
  expectTrueGradients((...x) => softmaxForm(...(x as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D])), operands(9));
});

test.each([1, 3, 9, 20])(
  'gradients of a window of %i are those of finite differences, the mass included',
  async (window) => {
    await useBackend('cpu');
    // Every query is nearest to its own key, so that no small step moves the maximum to another one.
    const q = normals<tf.Rank.R4>('q', [1, 2, 9, 16]);
    const k = tf.add(q, normals<tf.Rank.R4>('k', [1, 2, 9, 16], 0.3));
    const v = normals<tf.Rank.R4>('v', [1, 2, 9, 4]);
    expectTrueGradients(
      (...x) => windowForm(window)(...(x as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D])),
      [q, k, v],
    );
  },
);

test.each([0, 4])(
  'gradients of linear attention with delay %i are those of finite differences',
  async (delay) => {
    await useBackend('cpu');
    const form = linearForm(delay, 4);
    const [q, k, v] = operands(11, true);
    const away = [tf.add(q, 0.5), tf.add(k, 0.5), v];
    expectTrueGradients((...x) => form(...(x as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D])), away);
  },
);

test.each([
  { name: 'softmax', form: softmaxForm },
  { name: 'window', form: windowForm(6) },
  { name: 'linear, all keys', form: linearForm(0, 8) },
  { name: 'linear, outside the window', form: linearForm(6, 8) },
])('$name: the outputs of a prefix do not depend on what follows', async ({ form }) => {
  await useBackend('wasm');
  const [q, k, v] = operands(37, true);
  const whole = form(q, k, v);
  for (const time of [1, 5, 6, 7, 36]) {
    const cut = (x: tf.Tensor4D): tf.Tensor4D => tf.slice(x, [0, 0, 0, 0], [-1, -1, time, -1]);
    form(cut(q), cut(k), cut(v)).forEach((x, index) => {
      expectClose(x, cut(whole[index] as tf.Tensor4D), tolerance);
    });
  }
});

test.each([
  { name: 'softmax', form: softmaxForm },
  { name: 'window', form: windowForm(6) },
  { name: 'linear', form: linearForm(6, 8) },
])('$name leaves its outputs alone in memory', async ({ form }) => {
  await useBackend('wasm');
  const inputs = operands(37, true);
  tf.dispose(form(...inputs) as tf.Tensor[]);
  const before = tf.memory().numTensors;
  const outputs = form(...inputs);
  expect(tf.memory().numTensors).toBe(before + outputs.length);
});

test('scores of any size leave weights finite', async () => {
  await useBackend('wasm');
  const [q, k, v] = operands(40);
  const huge = [tf.mul(q, 300), tf.mul(k, 300), v] as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
  for (const form of [softmaxForm, windowForm(6)]) {
    for (const x of form(...huge)) expect([...x.dataSync()].every(Number.isFinite)).toBe(true);
  }
});
