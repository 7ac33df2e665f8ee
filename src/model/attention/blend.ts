import * as tf from '@tensorflow/tfjs';
import { fused, fusedOne, hasFusedOperations } from '../native/fused.js';
import { operation } from '../operation.js';

/** What two branches give, `[batch, heads, time, valueDim]`. */
export interface Branches {
  readonly linear: tf.Tensor4D;
  readonly window: tf.Tensor4D;
}

/** linear + weight (window - linear), for a weight that broadcasts to `[batch, heads, time, 1]`. */
export function blend({ linear, window }: Branches, weight: tf.Tensor4D): tf.Tensor4D {
  if (!hasFusedOperations()) return tf.add(linear, tf.mul(weight, tf.sub(window, linear)));
  const inputs = [linear, window, weight];
  return operation<tf.Tensor4D>({
    inputs,
    compute: (save) => {
      save(inputs);
      return fusedOne('Mix', {}, inputs) as tf.Tensor4D;
    },
    gradients: (dy, saved) => {
      const [dLinear, dWindow, dWeight] = fused('MixGradient', {}, [...saved, dy], 3) as [
        tf.Tensor,
        tf.Tensor,
        tf.Tensor,
      ];
      return [() => dLinear, () => dWindow, () => summedTo(dWeight, weight.shape)];
    },
  });
}

/** The sum over the axes that were broadcast. */
function summedTo(x: tf.Tensor, shape: readonly number[]): tf.Tensor {
  const axes = shape.flatMap((size, axis) => (size === 1 && x.shape[axis] !== 1 ? [axis] : []));
  return axes.length === 0 ? x : tf.sum(x, axes, true);
}
