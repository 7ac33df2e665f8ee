import type * as tf from '@tensorflow/tfjs';
import { elementTypes } from './native/element-types.js';
import { fusedOne, hasFusedOperations } from './native/fused.js';
import type { Precision } from './bfloat16/precision.js';
import { operation } from './operation.js';

/**
 * Root mean square normalisation over the last axis (Zhang and Sennrich 2019): x / sqrt(mean(x²) + epsilon) · weight.
 * x is [..., features], weight is [features]. One node of the tape, with its gradient written out. The result may come
 * rounded to `precision`, where that spares a pass.
 */
export function rmsNorm<T extends tf.Tensor>(
  x: T,
  weight: tf.Tensor,
  epsilon: number,
  precision: Precision = 'float32',
): T {
  return hasFusedOperations()
    ? fusedNorm(x, weight, { epsilon, precision })
    : composedNorm(x, weight, epsilon);
}

/** The same by the formula alone, for tests. */
export function rmsNormNaive<T extends tf.Tensor>(x: T, weight: tf.Tensor, epsilon: number): T {
  const meanSquare = x.square().mean(-1, true);
  return x.mul(meanSquare.add(epsilon).rsqrt()).mul(weight);
}

function fusedNorm<T extends tf.Tensor>(
  x: T,
  weight: tf.Tensor,
  { epsilon, precision }: { readonly epsilon: number; readonly precision: Precision },
): T {
  const numbers = { epsilon };
  return operation<T>({
    inputs: [x, weight],
    compute: (save) => {
      save([x, weight]);
      return fusedOne('RmsNorm', { numbers, types: { T: elementTypes[precision] } }, [x, weight]) as T;
    },
    gradients: (dy, saved) => {
      const [rows, scale] = saved as readonly [tf.Tensor, tf.Tensor];
      return [
        () => fusedOne('RmsNormGradient', { numbers }, [rows, scale, dy]),
        () => weightGradient(dy, normalisedRows(rows, epsilon).normalised, scale),
      ];
    },
  });
}

function composedNorm<T extends tf.Tensor>(x: T, weight: tf.Tensor, epsilon: number): T {
  return operation<T>({
    inputs: [x, weight],
    compute: (save) => {
      const { normalised, inverse } = normalisedRows(x, epsilon);
      save([normalised, inverse, weight]);
      return normalised.mul(weight);
    },
    gradients: (dy, saved) => rmsNormGradients(dy, saved as [tf.Tensor, tf.Tensor, tf.Tensor]),
  });
}

function normalisedRows(x: tf.Tensor, epsilon: number): { normalised: tf.Tensor; inverse: tf.Tensor } {
  const inverse = x.square().mean(-1, true).add(epsilon).rsqrt();
  return { normalised: x.mul(inverse), inverse };
}

/** With n = x·r: dx = r (g - n·mean(g·n)) where g = dy·weight, and dweight = Σ dy·n over rows. */
function rmsNormGradients(
  dy: tf.Tensor,
  [normalised, inverse, weight]: readonly [tf.Tensor, tf.Tensor, tf.Tensor],
): readonly (() => tf.Tensor)[] {
  return [
    () => {
      const scaled = dy.mul(weight);
      const along = scaled.mul(normalised).mean(-1, true);
      return scaled.sub(normalised.mul(along)).mul(inverse);
    },
    () => weightGradient(dy, normalised, weight),
  ];
}

function weightGradient(dy: tf.Tensor, normalised: tf.Tensor, weight: tf.Tensor): tf.Tensor {
  return dy.mul(normalised).reshape([-1, weight.size]).sum(0);
}
