import * as tf from '@tensorflow/tfjs';
import { linearWeights } from '../attention/linear-naive.js';
import { softmaxWeights } from '../attention/softmax-naive.js';
import { smallestWeight, type WeightsLossInput } from './attention-weights.js';

/** `attentionWeightsLoss` with all weights in memory; its reference. */
export function naiveAttentionWeightsLoss({ q, k, queries, keys }: WeightsLossInput): tf.Scalar {
  return tf.tidy(() => {
    const teacher = softmaxWeights(q, k);
    const products = linearWeights(queries, keys, 0);
    const student = tf.div(products, tf.sum(products, -1, true));
    const crossEntropies = tf.neg(tf.sum(tf.mul(teacher, tf.log(tf.maximum(student, smallestWeight))), -1));
    return tf.mean<tf.Scalar>(crossEntropies);
  });
}
