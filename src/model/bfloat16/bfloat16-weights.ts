import type * as tf from '@tensorflow/tfjs';
import { toBfloat16 } from './rounding.js';

/** Matrices are kept in half precision; normalisations and biases are few numbers, and are not multiplied. */
export function hasHalfPrecision(shape: readonly number[]): boolean {
  return shape.length === 2;
}

/** The weight in bfloat16; the one that was given is freed. */
export function intoBfloat16(weight: tf.Tensor): tf.Tensor {
  const rounded = toBfloat16(weight);
  weight.dispose();
  return rounded;
}
