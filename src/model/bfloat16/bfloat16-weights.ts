import type * as tf from '@tensorflow/tfjs';
import type { Llama } from '../transformer.js';
import { toBfloat16 } from './rounding.js';

/** Matrices are kept in half precision; normalisations and biases are few numbers, and are not multiplied. */
export function hasHalfPrecision(shape: readonly number[]): boolean {
  return shape.length === 2;
}

/**
 * The same decoder with all matrices in bfloat16: projections, embeddings, output. The float32 ones are disposed of one
 * by one, so at no time are there two copies of all weights; the model that was given must not be used any more.
 */
export function withBfloat16Weights(model: Llama): Llama {
  const parameters = new Map<string, tf.Tensor>();
  for (const [name, weight] of model.parameters)
    parameters.set(name, hasHalfPrecision(weight.shape) ? intoBfloat16(weight) : weight);
  return { ...model, parameters };
}

/** The weight in bfloat16; the one that was given is freed. */
export function intoBfloat16(weight: tf.Tensor): tf.Tensor {
  const rounded = toBfloat16(weight);
  weight.dispose();
  return rounded;
}
