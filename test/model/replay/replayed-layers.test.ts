import * as tf from '@tensorflow/tfjs';
import { beforeEach, expect, test } from 'vitest';
import { toBfloat16, widened } from '../../../src/model/bfloat16/rounding.js';
import { ReplayedLayers } from '../../../src/model/replay/replayed-layers.js';
import { useTensorflow } from '../use-tensorflow.js';

beforeEach(useTensorflow);

type Work = (x: tf.Tensor, weight: tf.Tensor, layer: number) => tf.Tensor;

const layers = 3;

/** What steps through layers give, x being the step and the weight the layer; and how often the work was done. */
function stepped(work: Work, steps: number): { readonly seen: readonly number[][]; readonly done: number } {
  const replayed = new ReplayedLayers<{ readonly y: tf.Tensor }>();
  const before = tf.memory().numTensors;
  let done = 0;
  const seen = Array.from({ length: steps }, (_, step) =>
    Array.from({ length: layers }, (_, layer) =>
      tf.tidy(() => {
        const inputs = { x: tf.scalar(step), weight: tf.scalar(layer) };
        const { y } = replayed.run(inputs, String(layer), () => {
          done += 1;
          return { y: work(inputs.x, inputs.weight, layer) };
        });
        return y.dataSync()[0] ?? NaN;
      }),
    ),
  );
  replayed.dispose();
  expect(tf.memory().numTensors).toBe(before);
  return { seen, done };
}

/** Of every step and layer. */
function expected(steps: number, value: (step: number, layer: number) => number): readonly number[][] {
  return Array.from({ length: steps }, (_, step) =>
    Array.from({ length: layers }, (_, layer) => value(step, layer)),
  );
}

test('the work of every layer is done in two steps, then replayed for the inputs of each', () => {
  const { seen, done } = stepped((x, weight) => tf.add(tf.mul(x, 10), weight), 5);
  expect(done).toBe(2 * layers);
  expect(seen).toEqual(expected(5, (step, layer) => 10 * step + layer));
});

test('layers that have constants of their own keep them', () => {
  const { seen, done } = stepped((x, weight, layer) => tf.add(tf.mul(x, 2 ** layer), weight), 4);
  expect(done).toBe(2 * layers);
  expect(seen).toEqual(expected(4, (step, layer) => step * 2 ** layer + layer));
});

test('a layer that does other operations than the rest does them in every step', () => {
  const { seen } = stepped((x, weight, layer) => (layer === 2 ? tf.sub(x, weight) : tf.add(x, weight)), 4);
  expect(seen).toEqual(expected(4, (step, layer) => (layer === 2 ? step - layer : step + layer)));
});

test('work with a constant that changes from the first step to the second is never replayed', () => {
  let calls = 0;
  const { seen, done } = stepped((x) => tf.add(x, (calls += 1)), 4);
  expect(done).toBe(4 * layers);
  expect(seen).toEqual(expected(4, (step, layer) => step + layers * step + layer + 1));
});

test('work that draws random numbers is never replayed', () => {
  const { seen, done } = stepped((x) => tf.add(tf.mul(x, 0), tf.randomUniform([])), 5);
  expect(done).toBe(5 * layers);
  expect(new Set(seen.flat()).size).toBe(5 * layers);
});

test('work that reads what came of its inputs is never replayed', () => {
  const { seen, done } = stepped(
    (x) => ((tf.neg(x).dataSync()[0] ?? 0) < -1 ? tf.square(x) : tf.clone(tf.neg(x))),
    4,
  );
  expect(done).toBe(4 * layers);
  expect(seen).toEqual(expected(4, (step) => (step > 1 ? step ** 2 : -step)));
});

test('a constant in half precision is told from another one', () => {
  const steps = (changes: boolean): number => {
    let calls = 0;
    const table = (): tf.Tensor => toBfloat16(tf.scalar(changes ? (calls += 1) : 1));
    return stepped((x) => tf.add(x, widened(tf.add(table(), toBfloat16(x)))), 3).done;
  };
  expect([steps(false), steps(true)]).toEqual([2 * layers, 3 * layers]);
});

test('inputs of another shape, type or form are other work', () => {
  const replayed = new ReplayedLayers<{ readonly y: tf.Tensor }>();
  const sum = (x: tf.Tensor): number =>
    tf.tidy(() => replayed.run({ x }, '', () => ({ y: tf.sum(widened(x)) })).y.dataSync()[0] ?? NaN);
  const given = [tf.ones([2]), tf.ones([3]), toBfloat16(tf.ones([3]))];
  expect([1, 2, 3].map(() => given.map(sum))).toEqual(Array(3).fill([2, 3, 3]));
  replayed.dispose();
});
