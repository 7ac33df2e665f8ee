import * as tf from '@tensorflow/tfjs';
import { beforeEach, expect, test } from 'vitest';
import { handleOf, overwriteRows } from '../../../src/model/native/operations.js';
import { useBackend } from '../tensors.js';
import { useTensorflow } from '../use-tensorflow.js';

beforeEach(useTensorflow);

test('rows are overwritten where they are', () => {
  const table = tf.add<tf.Tensor2D>(tf.zeros([3, 2]), 1);
  const written = overwriteRows(table, tf.tensor1d([2, 0], 'int32'), tf.tensor2d([5, 6, 7, 8], [2, 2]));
  expect([...written.dataSync()]).toEqual([7, 8, 1, 1, 5, 6]);
  expect([...tf.add(table, 0).dataSync()]).toEqual([7, 8, 1, 1, 5, 6]);
});

test('an operation of TensorFlow that is asked of another backend is a mistake of ours', async () => {
  await useBackend('cpu');
  expect(() => handleOf(tf.scalar(1))).toThrow(
    'Internal error: an operation of TensorFlow was asked of another backend. Please report it.',
  );
});
