import * as tf from '@tensorflow/tfjs';
import { beforeEach, expect, test } from 'vitest';
import { toBfloat16, widened } from '../../../src/model/bfloat16/frozen-weight.js';
import { concatRows, handleOf, overwriteRows, sliceRows } from '../../../src/model/native/operations.js';
import { useBackend } from '../tensors.js';
import { useTensorflow } from '../use-tensorflow.js';

beforeEach(useTensorflow);

test.each(['float32', 'bfloat16'])('rows of %s are cut and joined', (type) => {
  const numbers = tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2]);
  const table = type === 'bfloat16' ? toBfloat16(numbers) : numbers;
  const turned = concatRows(sliceRows(table, 1, 2), [sliceRows(table, 0, 1)]);
  expect([...widened(turned).dataSync()]).toEqual([3, 4, 5, 6, 1, 2]);
});

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
