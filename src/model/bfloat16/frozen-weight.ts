import * as tf from '@tensorflow/tfjs';
import { handleOf, release, tensorFrom } from '../native/operations.js';
import { cast, gatherRows, isBfloat16, multiply, supportsBfloat16 } from './native-operations.js';

/**
 * The weight rounded to bfloat16: half the memory, and products at up to twice the speed. tfjs has no such type and
 * calls the result float32; only `frozenProduct` and `widened` can use it, every other operation ends in an error of
 * TensorFlow. The caller owns the result. Throws where the backend has no bfloat16.
 */
export function toBfloat16<Shape extends tf.Tensor>(weight: Shape): Shape {
  if (!supportsBfloat16())
    throw new Error(`The backend "${tf.getBackend()}" has no bfloat16; "tensorflow" has.`);
  return tensorFrom(cast(handleOf(weight), 'float32', 'bfloat16')) as Shape;
}

/** The float32 numbers of a weight, whichever way it is kept. The caller owns the result. */
export function widened<Shape extends tf.Tensor>(weight: Shape): Shape {
  if (!isBfloat16(weight)) return weight.clone();
  return tensorFrom(cast(handleOf(weight), 'bfloat16', 'float32')) as Shape;
}

/**
 * x Wᵀ for x [rows, in] and a weight W [out, in] that is not trained: [rows, out] in float32. With a float32 weight it
 * is `matMul`. With a bfloat16 weight x is rounded too, products are of bfloat16 numbers, and so is the slope in x; the
 * weight itself has none.
 */
export function frozenProduct(x: tf.Tensor2D, weight: tf.Tensor2D): tf.Tensor2D {
  if (!isBfloat16(weight)) return tf.matMul(x, weight, false, true);
  const product = tf.customGrad((...inputs) => ({
    value: roundedProduct(inputs[0] as tf.Tensor2D, weight, true),
    gradFunc: (dy) => frozenProductSlope(dy as tf.Tensor2D, weight),
  }));
  return product(x) as tf.Tensor2D;
}

/** The slope of `frozenProduct` in x: dy W for dy [rows, out] and W [out, in], [rows, in] in float32. */
export function frozenProductSlope(dy: tf.Tensor2D, weight: tf.Tensor2D): tf.Tensor2D {
  return isBfloat16(weight) ? roundedProduct(dy, weight, false) : tf.matMul(dy, weight);
}

/** Rows of a table [rows, features] that is not trained, for ids `[ids]` of int32: [ids, features] in float32. */
export function frozenRows(table: tf.Tensor2D, ids: tf.Tensor1D): tf.Tensor2D {
  if (!isBfloat16(table)) return tf.gather(table, ids);
  const rows = gatherRows(handleOf(table), ids);
  const wide = cast(rows.id, 'bfloat16', 'float32');
  release(rows);
  return tensorFrom(wide) as tf.Tensor2D;
}

function roundedProduct(x: tf.Tensor2D, weight: tf.Tensor2D, transpose: boolean): tf.Tensor2D {
  const rounded = cast(handleOf(x), 'float32', 'bfloat16');
  const product = multiply(rounded.id, handleOf(weight), transpose);
  const wide = cast(product.id, 'bfloat16', 'float32');
  release(rounded);
  release(product);
  return tensorFrom(wide) as tf.Tensor2D;
}
