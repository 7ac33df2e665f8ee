import * as tf from '@tensorflow/tfjs';
import { frozenProduct } from '../bfloat16/frozen-weight.js';
import { nativeBackend } from '../native/native-backend.js';

/** Weights of fewer numbers are not worth a second core. */
const fewestToHalve = 2 ** 18;

/**
 * x Wᵀ for x `[rows, in]` and a weight W `[out, in]` that is not trained. For one row TensorFlow uses one core, so on
 * a processor it gets two products of half the weight, which a graph computes side by side.
 */
export function projection(x: tf.Tensor2D, weight: tf.Tensor2D): tf.Tensor2D {
  const isHalved =
    nativeBackend()?.isUsingGpuDevice === false && x.shape[0] === 1 && weight.size >= fewestToHalve;
  if (!isHalved) return frozenProduct(x, weight);
  return tf.tidy(() => {
    const middle = Math.floor(weight.shape[0] / 32) * 16;
    const parts = [
      { start: 0, count: middle },
      { start: middle, count: weight.shape[0] - middle },
    ];
    return tf.concat(
      parts.map(({ start, count }) => frozenProduct(x, tf.slice(weight, [start, 0], [count, -1]))),
      1,
    );
  });
}
