import * as tf from '@tensorflow/tfjs';
import type { Mix } from './mix.js';

/** y = window * SWA + (1 - window) * LA, the same for every head and token (arXiv 2510.05901, g = 0.5). */
export function fixedMix({ window }: { readonly window: number }): Mix {
  return {
    readsWindowMass: false,
    parameters: () => ({}),
    windowWeight: () => tf.tensor4d([window], [1, 1, 1, 1]),
  };
}
