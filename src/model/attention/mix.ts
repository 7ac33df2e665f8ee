import type * as tf from '@tensorflow/tfjs';
import type { HeadShape, LayerTensors } from '../feature-maps/feature-map.js';

/** How much each branch saw, per query. Both `[batch, heads, time, 1]`. */
export interface BranchMass {
  /** Sum of `exp(s_ij - max_j s_ij)` over the keys of the window; at least 1. Its gradient includes the maximum's. */
  readonly window: tf.Tensor4D;
  /** Sum of `phi(q_i) . phi(k_j)` over the keys of the linear branch; 0 where it has no key. */
  readonly linear: tf.Tensor4D;
}

/**
 * How the two branches become one output: `y_i = g_i SWA_i + (1 - g_i) LA_i` with both branches normalised on their
 * own. A joint denominator is such a mix too, with a weight that depends on the masses (method of LoLCATs). Pure, as a
 * feature map is.
 */
export interface Mix {
  /** Whether `windowWeight` reads the window's mass. Where it does not, the mass is not computed and reads as ones. */
  readonly readsWindowMass: boolean;
  /** One layer's initial tensors; empty where nothing is learned. The caller owns them. */
  parameters(shape: HeadShape): LayerTensors;
  /**
   * The weight g of the window, in [0, 1], of a shape that broadcasts to `[batch, heads, time, 1]`. Queries without a
   * linear key get weight 1 from the caller, whatever stands here.
   */
  windowWeight(mass: BranchMass, parameters: LayerTensors): tf.Tensor4D;
}
