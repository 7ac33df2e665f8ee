import * as tf from '@tensorflow/tfjs';
import type { Parameters } from './parameters.js';

/** A loss and its slope in every parameter that reaches it. The caller owns the tensors. */
export interface LossAndGradients {
  readonly loss: tf.Scalar;
  readonly gradients: Map<string, tf.Tensor>;
}

/**
 * Differentiates a loss of named parameters. Parameters that the loss does not depend on have no gradient in the
 * result. Tensors that the loss makes on its way are freed.
 */
export function lossAndGradients(
  parameters: Parameters,
  loss: (parameters: Parameters) => tf.Scalar,
): LossAndGradients {
  const names = [...parameters.keys()];
  const tensors = [...parameters.values()];
  const found = tf.engine().gradients(() => loss(parameters), tensors, undefined, true);
  // tfjs leaves holes where a tensor was not reached, against its own type.
  const slopes = found.grads as readonly (tf.Tensor | null | undefined)[];
  const gradients = new Map<string, tf.Tensor>();
  names.forEach((name, index) => {
    const gradient = slopes[index];
    if (gradient) gradients.set(name, gradient);
  });
  return { loss: found.value, gradients };
}
