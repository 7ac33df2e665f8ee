import type * as tf from '@tensorflow/tfjs';

/**
 * What a converted layer remembers: keys and values of the window, once for each key-value head, as rings
 * `[keyValueHeads * window, headSize]` in which position p stands at p modulo the window; and the sums of the linear
 * branch, `[1, heads, features, headSize + 1]`.
 */
export type HybridMemory = {
  readonly keys: tf.Tensor2D;
  readonly values: tf.Tensor2D;
  readonly sums: tf.Tensor4D;
};
