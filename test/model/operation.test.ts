import * as tf from '@tensorflow/tfjs';
import { beforeEach, expect, test } from 'vitest';
import { operation } from '../../src/model/operation.js';
import { useBackend } from './tensors.js';

beforeEach(async () => {
  await useBackend('cpu');
});

/** x times y, and which gradients were asked for. */
function product(asked: string[]): (x: tf.Tensor, y: tf.Tensor) => tf.Tensor {
  const noted = (name: string, slope: () => tf.Tensor) => (): tf.Tensor => {
    asked.push(name);
    return slope();
  };
  return (x, y) =>
    operation({
      inputs: [x, y],
      compute: (save) => {
        save([x, y]);
        return tf.mul(x, y);
      },
      gradients: (dy, [a, b]) => [noted('x', () => tf.mul(dy, b!)), noted('y', () => tf.mul(dy, a!))],
    });
}

test('every input has its gradient', () => {
  const asked: string[] = [];
  const slopes = tf.grads((x, y) => product(asked)(x, y))([tf.scalar(2), tf.scalar(5)]);
  expect(slopes.map((slope) => slope.dataSync()[0])).toEqual([5, 2]);
  expect(asked).toEqual(['x', 'y']);
});

test('a gradient that nobody needs is not computed', () => {
  const asked: string[] = [];
  const frozen = tf.scalar(5);
  const [slope] = tf.grads((x) => product(asked)(x, frozen))([tf.scalar(2)]);
  expect(slope!.dataSync()[0]).toBe(5);
  expect(asked).toEqual(['x']);
});

test('what the value takes on its way is freed', () => {
  const before = tf.memory().numTensors;
  const value = operation({
    inputs: [],
    compute: () => tf.add(tf.mul(tf.scalar(2), 3), 1),
    gradients: () => [],
  });
  expect(tf.memory().numTensors).toBe(before + 1);
  value.dispose();
});
