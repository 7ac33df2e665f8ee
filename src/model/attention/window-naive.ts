import * as tf from '@tensorflow/tfjs';
import { causalMask } from './masks.js';
import type { WindowBranch } from './window.js';

/**
 * Sliding-window softmax attention with all scores in memory; reference for `windowAttention`. The window of query i is
 * the keys i - window + 1 to i. The caller disposes the tensors.
 */
export function naiveWindowAttention(
  q: tf.Tensor4D,
  k: tf.Tensor4D,
  v: tf.Tensor4D,
  window: number,
): Required<WindowBranch> {
  return tf.tidy(() => {
    const [, , time, keyDim] = q.shape;
    const scores = tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(keyDim));
    const visible = tf.add(scores, causalMask({ start: 0, rows: time, keys: time, window }));
    const exponentials = tf.exp(tf.sub(visible, tf.max(visible, -1, true)));
    const mass = tf.sum<tf.Tensor4D>(exponentials, -1, true);
    return { output: tf.div<tf.Tensor4D>(tf.matMul(exponentials, v), mass), mass };
  });
}
