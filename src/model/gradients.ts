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
  const { value, gradients } = differentiate(parameters, () => loss(parameters));
  return { loss: value, gradients };
}

/**
 * The gradients of something whose own value is used already, given the slope of the loss in that value. As
 * `lossAndGradients` in all else.
 */
export function gradientsThrough(
  parameters: Parameters,
  compute: () => tf.Tensor,
  slope: tf.Tensor,
): Map<string, tf.Tensor> {
  const { value, gradients } = differentiate(parameters, compute, slope);
  value.dispose();
  return gradients;
}

function differentiate<Value extends tf.Tensor>(
  parameters: Parameters,
  compute: () => Value,
  slope?: Value,
): { readonly value: Value; readonly gradients: Map<string, tf.Tensor> } {
  const names = [...parameters.keys()];
  const found = tf.engine().gradients(compute, [...parameters.values()], slope, true);
  // tfjs leaves holes where a tensor was not reached, against its own type.
  const slopes = found.grads as readonly (tf.Tensor | null | undefined)[];
  const gradients = new Map<string, tf.Tensor>();
  names.forEach((name, index) => {
    const gradient = slopes[index];
    if (gradient) gradients.set(name, gradient);
  });
  return { value: found.value, gradients };
}
