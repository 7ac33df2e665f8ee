import * as tf from '@tensorflow/tfjs';
import { inFloat32 } from './bfloat16/autocast.js';
import { isBfloat16 } from './bfloat16/rounding.js';
import { fused, fusedOne, hasFusedOperations } from './native/fused.js';
import { elementTypeOf } from './native/operations.js';
import { operation } from './operation.js';

/**
 * SwiGLU's gate (Shazeer 2020): silu(gate) · up, elementwise. One node of the tape with its gradient written out:
 * silu'(g) = s (1 + g (1 - s)) with s the logistic function of g. Of two bfloat16 tensors it is bfloat16.
 */
export function gatedUnit(gate: tf.Tensor2D, up: tf.Tensor2D): tf.Tensor2D {
  return hasFusedOperations() ? fusedGatedUnit(gate, up) : composedGatedUnit(gate, up);
}

/** The same by the formula alone, for tests. */
export function gatedUnitNaive(gate: tf.Tensor2D, up: tf.Tensor2D): tf.Tensor2D {
  return gate.mul<tf.Tensor2D>(gate.sigmoid()).mul(up);
}

function fusedGatedUnit(...parts: [gate: tf.Tensor2D, up: tf.Tensor2D]): tf.Tensor2D {
  const inputs = parts.every(isBfloat16) ? parts : parts.map(inFloat32);
  const settings = { types: { T: elementTypeOf(inputs[0] ?? parts[0]) } };
  return operation<tf.Tensor2D>({
    inputs,
    compute: (save) => {
      save([...inputs]);
      return fusedOne('GatedUnit', settings, inputs) as tf.Tensor2D;
    },
    gradients: (dy, saved) => {
      const both = fused('GatedUnitGradient', settings, [...saved, inFloat32(dy)], 2);
      return both.map((gradient) => () => gradient);
    },
  });
}

function composedGatedUnit(gate: tf.Tensor2D, up: tf.Tensor2D): tf.Tensor2D {
  const apply = tf.customGrad<tf.Tensor2D>((...inputs) => {
    const [g, u, save] = inputs as [tf.Tensor2D, tf.Tensor2D, tf.GradSaveFunc];
    const logistic = g.sigmoid();
    const silu = g.mul<tf.Tensor2D>(logistic);
    save([silu, logistic, u]);
    return { value: silu.mul<tf.Tensor2D>(u), gradFunc: (dy, saved) => gatedUnitGradient(dy, saved) };
  });
  return apply(gate, up);
}

/** s + silu (1 - s) is the slope of silu. */
function gatedUnitGradient(dy: tf.Tensor, saved: readonly tf.Tensor[]): tf.Tensor[] {
  const [silu, logistic, up] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
  const slope = logistic.add(silu).sub(silu.mul(logistic));
  return [dy.mul(up).mul(slope), dy.mul(silu)];
}
