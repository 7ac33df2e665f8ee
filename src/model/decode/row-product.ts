import * as tf from '@tensorflow/tfjs';
import { frozenProduct } from '../bfloat16/frozen-weight.js';
import { sideBySide } from './side-by-side.js';

/** Weights of fewer numbers are not worth a second core. */
const fewestToHalve = 2 ** 18;

/** x Wᵀ for x `[rows, in]` and a weight W `[out, in]` that is not trained; for one row by both halves of a large weight. */
export function projection(x: tf.Tensor2D, weight: tf.Tensor2D): tf.Tensor2D {
  const parts = sideBySide(weight.shape[0], 16);
  if (x.shape[0] > 1 || weight.size < fewestToHalve || parts.length === 1) return frozenProduct(x, weight);
  return tf.tidy(() =>
    tf.concat(
      parts.map(({ start, count }) => frozenProduct(x, tf.slice(weight, [start, 0], [count, -1]))),
      1,
    ),
  );
}
