import * as tf from '@tensorflow/tfjs';
import { factor, factorLike, inFloat32, product } from '../bfloat16/autocast.js';
import { operation } from '../operation.js';

/**
 * One matrix per head: x `[batch, heads, time, in]` times weight `[heads, in, out]`, to `[batch, heads, time, out]`.
 * tfjs has no gradient for a product that broadcasts over the batch, so it stands here.
 */
export function headProjection(x: tf.Tensor4D, weight: tf.Tensor3D): tf.Tensor4D {
  return inFloat32(rawHeadProjection(x, weight));
}

/** As `headProjection`, but left in the type of the factors. */
export function rawHeadProjection(x: tf.Tensor4D, weight: tf.Tensor3D): tf.Tensor4D {
  return operation<tf.Tensor4D>({
    inputs: [x, weight],
    compute: (save) => {
      const factors: [tf.Tensor4D, tf.Tensor3D] = [factor(x), factor(weight)];
      save(factors);
      return tf.matMul(...factors);
    },
    gradients: (dy, saved) => {
      const [input, matrix] = saved as [tf.Tensor4D, tf.Tensor3D];
      const slope = factorLike(dy, input);
      return [
        () => product(slope, matrix, false, true),
        () => tf.sum(product<tf.Tensor>(input, slope, true), 0),
      ];
    },
  });
}
