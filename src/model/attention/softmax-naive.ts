import * as tf from '@tensorflow/tfjs';
import { causalMask } from './masks.js';

/**
 * The weights of causal softmax attention, as the papers write them: `[…, time, time]`; over the last `window` keys
 * where one is given. Reference for every faster form.
 */
export function softmaxWeights(q: tf.Tensor4D, k: tf.Tensor4D, window?: number): tf.Tensor4D {
  return tf.tidy(() => {
    const [, , time, keyDim] = q.shape;
    const scores = tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(keyDim));
    return tf.softmax(
      tf.add<tf.Tensor4D>(scores, causalMask({ start: 0, rows: time, keys: time, window })),
      -1,
    );
  });
}

/** Causal softmax attention with all weights in memory. `[batch, heads, time, valueDim]`; the caller disposes it. */
export function naiveSoftmaxAttention(q: tf.Tensor4D, k: tf.Tensor4D, v: tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() => tf.matMul(softmaxWeights(q, k), v));
}
