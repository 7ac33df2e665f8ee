import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { tensorOf } from '../../../src/model/weights/tensor-files.js';
import { useTensorflow } from '../use-tensorflow.js';

test('with TensorFlow the numbers of a weight exist once, not in JavaScript too', async ({ skip }) => {
  await useTensorflow({ skip });
  const tensor = tensorOf({ shape: [2, 2], values: Float32Array.of(1, 2, 3, 4) });
  const { tensorMap } = tf.backend() as unknown as {
    readonly tensorMap: { get(dataId: object): { readonly values: unknown } };
  };
  expect(tensorMap.get(tensor.dataId).values).toBeNull();
  expect([...(await tensor.data())]).toEqual([1, 2, 3, 4]);
  tensor.dispose();
});
