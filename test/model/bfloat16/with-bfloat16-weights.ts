import type * as tf from '@tensorflow/tfjs';
import { hasHalfPrecision, intoBfloat16 } from '../../../src/model/bfloat16/bfloat16-weights.js';
import type { Llama } from '../../../src/model/transformer.js';

/** The same decoder with its matrices in bfloat16, as one is loaded; the model that was given must not be used any more. */
export function withBfloat16Weights(model: Llama): Llama {
  const parameters = new Map<string, tf.Tensor>();
  for (const [name, weight] of model.parameters)
    parameters.set(name, hasHalfPrecision(weight.shape) ? intoBfloat16(weight) : weight);
  return { ...model, parameters };
}
