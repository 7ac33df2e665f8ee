import * as tf from '@tensorflow/tfjs';
import { causalOnes } from './masks.js';
import { normalised, type LinearBranch, type LinearInput } from './linear.js';

/** The products `phi(q_i) . phi(k_j)` of the keys at least `delay` before the query, else 0: `[…, time, time]`. */
export function linearWeights(queries: tf.Tensor4D, keys: tf.Tensor4D, delay: number): tf.Tensor4D {
  return tf.tidy(() => {
    const time = queries.shape[2];
    return tf.mul(tf.matMul(queries, keys, false, true), causalOnes(time, time, delay));
  });
}

/** Linear attention with all products in memory; reference for `linearAttention`. The caller disposes the tensors. */
export function naiveLinearAttention({ queries, keys, values, delay }: LinearInput): LinearBranch {
  return tf.tidy(() => {
    const weights = linearWeights(queries, keys, delay);
    const mass = tf.sum<tf.Tensor4D>(weights, -1, true);
    return { output: normalised(tf.matMul(weights, values), mass), mass };
  });
}
