import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { toBfloat16 } from '../../../src/model/bfloat16/rounding.js';
import { registerTensorflowSoftmax } from '../../../src/model/kernels/tensorflow-softmax.js';
import { expectClose, normals } from '../tensors.js';
import { useTensorflow } from '../use-tensorflow.js';

/** By the formula. */
function softmaxNaive(x: tf.Tensor): tf.Tensor {
  const exponentials = tf.exp(tf.sub(x, tf.max(x, -1, true)));
  return tf.div(exponentials, tf.sum(exponentials, -1, true));
}

test.for([
  { name: 'one row', shape: [7] },
  { name: 'rows of no vector length', shape: [3, 33] },
  { name: 'groups of rows', shape: [2, 3, 5, 128] },
])('softmax over the last axis: $name', async ({ shape }, context) => {
  await useTensorflow(context);
  tf.tidy(() => {
    const x = tf.mul(normals('x', shape as [number]), 5);
    expectClose(tf.softmax(x), softmaxNaive(x), 1e-6);
  });
});

test('hidden scores have no weight, and rows of bfloat16 add up to 1', async (context) => {
  await useTensorflow(context);
  tf.tidy(() => {
    const hidden = tf.tensor2d([1, -1e30, 1, -1e30], [1, 4]);
    expect([...tf.softmax(hidden).dataSync()]).toEqual([0.5, 0, 0.5, 0]);
    const rounded = tf.softmax(toBfloat16(normals('x', [4, 64])));
    expectClose(tf.sum(tf.cast(rounded, 'float32'), -1), [1, 1, 1, 1], 0.02);
  });
});

test('registering twice changes nothing', async (context) => {
  await useTensorflow(context);
  const kernel = tf.getKernel('Softmax', 'tensorflow').kernelFunc;
  registerTensorflowSoftmax();
  expect(tf.getKernel('Softmax', 'tensorflow').kernelFunc).toBe(kernel);
});
