import type * as tf from '@tensorflow/tfjs';

/** What one attention layer sees: after RoPE, keys and values repeated to all query heads. */
export interface AttentionInput {
  /** `[batch, heads, time, keyDim]`. */
  readonly q: tf.Tensor4D;
  /** `[batch, heads, time, keyDim]`. */
  readonly k: tf.Tensor4D;
  /** `[batch, heads, time, valueDim]`. */
  readonly v: tf.Tensor4D;
  /** Index of the decoder layer, from 0. */
  readonly layer: number;
}

/** Mixes values over time. Returns `[batch, heads, time, valueDim]`, before o_proj; the caller disposes it. */
export type Attention = (input: AttentionInput) => tf.Tensor4D;
