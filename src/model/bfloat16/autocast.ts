import * as tf from '@tensorflow/tfjs';
import { operation } from '../operation.js';
import type { Precision } from './precision.js';
import { isBfloat16, toBfloat16, widened } from './rounding.js';

let precision: Precision = 'float32';

/**
 * Runs work in which `factor` rounds to this precision, as in PyTorch's scope of this name: products of matrices in
 * half precision, all else and whatever is trained in float32. The way back keeps what the way forward had. For work
 * that is done when this returns; what it leaves for later is not covered.
 */
export function autocast<Result>(to: Precision, work: () => Result): Result {
  const before = precision;
  precision = to;
  try {
    return work();
  } finally {
    precision = before;
  }
}

/** What `factor` rounds to here. */
export function factorPrecision(): Precision {
  return precision;
}

/** A factor of products: inside an `autocast` to bfloat16 rounded, otherwise x itself. */
export function factor<Shape extends tf.Tensor>(x: Shape): Shape {
  return precision === 'bfloat16' ? toBfloat16(x) : x;
}

/** x in the type of another tensor, so that both can be factors of one product: x itself where it has that type. */
export function factorLike<Shape extends tf.Tensor>(x: Shape, other: tf.Tensor): Shape {
  return isBfloat16(other) ? toBfloat16(x) : x;
}

/** The product of two factors in float32; where one is bfloat16, the other is rounded too. Has no gradient then. */
export function product<Shape extends tf.Tensor>(
  a: Shape,
  b: tf.Tensor,
  transposeA = false,
  transposeB = false,
): Shape {
  return inFloat32(tf.matMul<Shape>(a, b, transposeA, transposeB));
}

/**
 * The numbers of a factor, or of a product of factors, as float32; x itself where it is that. The gradient passes as it
 * is.
 */
export function inFloat32<Shape extends tf.Tensor>(x: Shape): Shape {
  if (!isBfloat16(x)) return x;
  return operation<Shape>({ inputs: [x], compute: () => widened(x), gradients: (dy) => [() => dy.clone()] });
}
