import * as tf from '@tensorflow/tfjs';

/** Weight of an output error beside a cross-entropy (LoLCATs, mse_factor). */
const outputErrorWeight = 1000;

/**
 * Mean squared difference of two attention outputs before o_proj, times `outputErrorWeight`. Over batch, heads, time
 * and values.
 */
export function outputError(student: tf.Tensor4D, teacher: tf.Tensor4D): tf.Scalar {
  return tf.tidy(() => tf.mul(tf.mean<tf.Scalar>(tf.square(tf.sub(student, teacher))), outputErrorWeight));
}
