import type * as tf from '@tensorflow/tfjs';
import type { Seed } from '../base/seed.js';
import type { ModelConfig } from './config.js';
import type { Adapters } from './low-rank.js';
import type { Parameters } from './parameters.js';

/** A way to train small tensors beside frozen projections: the product of an `adapter` component. Pure, as a feature map is. */
export interface Adapter {
  /**
   * The initial tensors of all layers by name, such as `layers.0.self_attn.q_proj.lora_a`: each belongs to the layer that
   * its name begins with, because fine-tuning goes back layer by layer. The caller owns them.
   */
  parameters(config: ModelConfig, seed: Seed): Map<string, tf.Tensor>;
  /** What these tensors add to the projections. */
  apply(trained: Parameters): Adapters;
  /** The weight [out, in] of a projection with what is trained merged in. The caller owns the result. */
  merge(projection: string, weight: tf.Tensor2D, trained: Parameters): tf.Tensor2D;
}
