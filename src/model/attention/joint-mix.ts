import * as tf from '@tensorflow/tfjs';
import { InternalError } from '../../base/unreachable.js';
import type { Mix } from './mix.js';

/**
 * LoLCATs' joint form: one denominator for both branches, window terms times gamma = sigmoid(a), a learned per head.
 * It equals a mix with g = gamma Z_window / (gamma Z_window + Z_linear). Nothing overflows: the window's mass lies
 * between 1 and the window's length, and gamma above 0.
 */
export function jointMix({ gamma }: { readonly gamma: number }): Mix {
  return {
    readsWindowMass: true,
    parameters: ({ heads }) => ({ gamma: tf.fill([heads], Math.log(gamma / (1 - gamma))) }),
    windowWeight: (mass, { gamma: factor }) => {
      if (!factor) throw new InternalError('the joint mix has no tensor "gamma"');
      return tf.tidy(() => {
        const weight = tf.reshape(tf.sigmoid(factor), [1, -1, 1, 1]);
        const window = tf.mul<tf.Tensor4D>(mass.window, weight);
        return tf.div<tf.Tensor4D>(window, tf.add(window, mass.linear));
      });
    },
  };
}
