import * as tf from '@tensorflow/tfjs';

/**
 * One matrix per head: x `[batch, heads, time, in]` times weight `[heads, in, out]`, to `[batch, heads, time, out]`.
 * tfjs has no gradient for a product that broadcasts over the batch, so it stands here.
 */
export function headProjection(x: tf.Tensor4D, weight: tf.Tensor3D): tf.Tensor4D {
  const operation = tf.customGrad((...given) => {
    const [input, matrix, save] = given as unknown as [tf.Tensor4D, tf.Tensor3D, tf.GradSaveFunc];
    save([input, matrix]);
    return { value: tf.matMul(input, matrix), gradFunc: (dy, saved) => gradients(dy as tf.Tensor4D, saved) };
  });
  return operation(x, weight) as tf.Tensor4D;
}

function gradients(dy: tf.Tensor4D, saved: tf.Tensor[]): tf.Tensor[] {
  const [x, weight] = saved as [tf.Tensor4D, tf.Tensor3D];
  return [tf.matMul(dy, weight, false, true), tf.sum(tf.matMul(x, dy, true), 0)];
}
