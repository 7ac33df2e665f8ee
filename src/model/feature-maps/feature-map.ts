import type * as tf from '@tensorflow/tfjs';
import type { Seed } from '../../base/seed.js';

/** Tensors of one layer, by their name inside the layer, such as `query.weight`. */
export type LayerTensors = Readonly<Record<string, tf.Tensor>>;

/** The shape of one attention layer. */
export interface HeadShape {
  readonly heads: number;
  readonly headSize: number;
}

/**
 * A map phi of queries and keys to features, so that `phi(q) . phi(k)` stands for a softmax weight.
 * Pure: the tensors that it learns are made by `parameters` and handed back with every call. On TensorFlow the work of two
 * steps of training is recorded, and later steps replay it.
 */
export interface FeatureMap {
  /** Whether every feature is above 0 and has a slope, whatever the input; not, if absent. Losses are shorter then. */
  readonly positive?: boolean;
  /** One layer's initial tensors. The caller owns them. */
  parameters(shape: HeadShape, seed: Seed): LayerTensors;
  /** `[batch, heads, time, keyDim]` to `[batch, heads, time, features]`. The caller disposes the result. */
  queries(q: tf.Tensor4D, parameters: LayerTensors): tf.Tensor4D;
  /** `[batch, heads, time, keyDim]` to `[batch, heads, time, features]`. The caller disposes the result. */
  keys(k: tf.Tensor4D, parameters: LayerTensors): tf.Tensor4D;
}
