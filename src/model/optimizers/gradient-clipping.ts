import * as tf from '@tensorflow/tfjs';
import type { Parameters } from '../parameters.js';

/** The Euclidean norm of all gradients taken as one vector. The caller owns it. */
export function globalNorm(gradients: Parameters): tf.Scalar {
  return tf.tidy(() => {
    const squares = [...gradients.values()].map((gradient) => gradient.square().sum());
    return squares.length === 0 ? tf.scalar(0) : tf.addN(squares).sqrt().asScalar();
  });
}

/**
 * Scales all gradients by one factor so that their global norm is at most `limit` (Pascanu et al. 2013). Gives the
 * factor as a tensor, so that nothing has to be read from the device. The caller owns it.
 */
export function clippingFactor(gradients: Parameters, limit: number): tf.Scalar {
  return tf.tidy(() => {
    const norm = globalNorm(gradients);
    return tf.scalar(limit).div(tf.maximum(norm, limit)).asScalar();
  });
}
