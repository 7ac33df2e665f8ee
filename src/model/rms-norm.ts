import * as tf from '@tensorflow/tfjs';

/**
 * Root mean square normalisation over the last axis (Zhang and Sennrich 2019): x / sqrt(mean(x²) + epsilon) · weight.
 * x is [..., features], weight is [features]. One node of the tape, with its gradient written out.
 */
export function rmsNorm<T extends tf.Tensor>(x: T, weight: tf.Tensor, epsilon: number): T {
  const normalise = tf.customGrad((...inputs) => {
    const [features, scale, save] = inputs as [tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    const { normalised, inverse } = normalisedRows(features, epsilon);
    save([normalised, inverse, scale]);
    return { value: normalised.mul(scale), gradFunc: (dy, saved) => rmsNormGradient(dy, saved) };
  });
  return normalise(x, weight) as T;
}

/** The same by the formula alone, for tests. */
export function rmsNormNaive<T extends tf.Tensor>(x: T, weight: tf.Tensor, epsilon: number): T {
  const meanSquare = x.square().mean(-1, true);
  return x.mul(meanSquare.add(epsilon).rsqrt()).mul(weight);
}

function normalisedRows(x: tf.Tensor, epsilon: number): { normalised: tf.Tensor; inverse: tf.Tensor } {
  const inverse = x.square().mean(-1, true).add(epsilon).rsqrt();
  return { normalised: x.mul(inverse), inverse };
}

/** With n = x·r: dx = r (g - n·mean(g·n)) where g = dy·weight, and dweight = Σ dy·n over rows. */
function rmsNormGradient(dy: tf.Tensor, saved: readonly tf.Tensor[]): tf.Tensor[] {
  const [normalised, inverse, weight] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
  const product = dy.mul(normalised);
  const dWeight = product.reshape([-1, weight.size]).sum(0);
  const along = product.mul(weight).mean(-1, true);
  const dx = dy.mul(weight).sub(normalised.mul(along)).mul(inverse);
  return [dx, dWeight];
}
