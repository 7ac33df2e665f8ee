import * as tf from '@tensorflow/tfjs';
import { linearWeights } from '../attention/linear-naive.js';
import { softmaxWeights } from '../attention/softmax-naive.js';
import { smallestWeight, type WeightsComparison, type WeightsInput } from './attention-weights.js';

/** `compareWeights` with all weights in memory; its reference. */
export function naiveCompareWeights({ q, k, v, window, queries, keys }: WeightsInput): WeightsComparison {
  return tf.tidy(() => {
    const teacher = softmaxWeights(q, k, window);
    const products = linearWeights(queries, keys, 0);
    const student = tf.div(products, tf.sum(products, -1, true));
    const crossEntropies = tf.neg(tf.sum(tf.mul(teacher, tf.log(tf.maximum(student, smallestWeight))), -1));
    return { loss: tf.mean<tf.Scalar>(crossEntropies), output: tf.matMul<tf.Tensor4D>(teacher, v) };
  });
}
