import * as tf from '@tensorflow/tfjs';
import type { ModelConfig } from '../config.js';
import { rotaryNumbers, rotaryTable, turned, type RotaryTable } from '../rope.js';

/** How the features of some positions turn: a table for many, for one the matrix `[headSize, headSize]` itself. */
export type Rotation = RotaryTable | { readonly matrix: tf.Tensor2D };

/** The rotation of `count` positions from `first` on. The caller owns its tensors. */
export function rotationOf(
  { headSize, ropeTheta: theta, ropeScaling: scaling }: ModelConfig,
  first: number,
  count: number,
): Rotation {
  const positions = { theta, first, scaling };
  if (count > 1) return rotaryTable(count, headSize, positions);
  const ofToken = (ofAngle: (angle: number) => number): Float32Array =>
    rotaryNumbers([1, headSize], positions, ofAngle);
  return { matrix: rotationMatrix(ofToken(Math.cos), ofToken(Math.sin)) };
}

/** x `[batch, heads, time, headSize]`, rotated. */
export function rotated(x: tf.Tensor4D, rotation: Rotation): tf.Tensor4D {
  if (!('matrix' in rotation)) return turned(x, rotation);
  return tf.tidy(() => tf.reshape(tf.matMul(tf.reshape(x, [-1, x.shape[3]]), rotation.matrix), x.shape));
}

/** One product turns all heads of a token: feature i goes to i and, from the second half negated, to its partner. */
function rotationMatrix(cosine: Float32Array, sine: Float32Array): tf.Tensor2D {
  const size = cosine.length;
  const half = size / 2;
  const values = new Float32Array(size * size);
  for (let feature = 0; feature < size; feature += 1) {
    const partner = (feature + half) % size;
    values[feature * size + feature] = cosine[feature] ?? 0;
    values[partner * size + feature] = (feature < half ? -1 : 1) * (sine[feature] ?? 0);
  }
  return tf.tensor2d(values, [size, size]);
}
