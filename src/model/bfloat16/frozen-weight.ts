import * as tf from '@tensorflow/tfjs';
import { hasFusedOperations } from '../native/fused.js';
import { operation } from '../operation.js';
import { isBfloat16, widened } from './rounding.js';

/**
 * x Wᵀ for x [rows, in] and a weight W [out, in] that is not trained: [rows, out] in float32. With a bfloat16 weight x
 * is rounded too, products are of bfloat16 numbers, and so is the slope in x; the weight itself has none.
 */
export function frozenProduct(x: tf.Tensor2D, weight: tf.Tensor2D): tf.Tensor2D {
  if (!isBfloat16(weight)) return tf.matMul(x, weight, false, true);
  const product = tf.customGrad((...inputs) => ({
    value: tf.tidy(() => widened(tf.matMul<tf.Tensor2D>(inputs[0] as tf.Tensor2D, weight, false, true))),
    gradFunc: (dy) => frozenProductSlope(dy as tf.Tensor2D, weight),
  }));
  return product(x) as tf.Tensor2D;
}

/** As `frozenProduct`, but left in the type of the weight where fused operations read on: they take both. */
export function rawFrozenProduct(x: tf.Tensor2D, weight: tf.Tensor2D): tf.Tensor2D {
  if (!hasFusedOperations()) return frozenProduct(x, weight);
  return operation<tf.Tensor2D>({
    inputs: [x],
    compute: () => tf.matMul(x, weight, false, true),
    gradients: (dy) => [() => frozenProductSlope(dy, weight)],
  });
}

/** The slope of `frozenProduct` in x: dy W for dy [rows, out] and W [out, in], [rows, in] in float32. */
export function frozenProductSlope(dy: tf.Tensor2D, weight: tf.Tensor2D): tf.Tensor2D {
  return tf.tidy(() => widened(tf.matMul<tf.Tensor2D>(dy, weight)));
}

/** Rows of a table [rows, features] that is not trained, for ids `[ids]` of int32: [ids, features] in float32. */
export function frozenRows(table: tf.Tensor2D, ids: tf.Tensor1D): tf.Tensor2D {
  return tf.tidy(() => widened(tf.gather(table, ids)));
}
