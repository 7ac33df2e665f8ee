import type * as tf from '@tensorflow/tfjs';
import type { AttentionInput } from '../attention/attention.js';
import type { Conversion } from '../hybrid/conversion.js';
import type { ConversionPart } from '../hybrid/layer-tensors.js';

/** One layer of the teacher, and what is to imitate it. */
export interface TransferLayer {
  /** The teacher's own queries, keys and values. */
  readonly input: AttentionInput;
  /** The teacher's attention output, before o_proj: `[batch, heads, time, valueDim]`. */
  readonly output: tf.Tensor4D;
  readonly conversion: Conversion;
  /** The conversion's tensors by their full names; those of this layer are all there. */
  readonly trained: ReadonlyMap<string, tf.Tensor>;
}

/** What attention transfer minimises, layer by layer. */
export interface TransferObjective {
  /** The parts that it trains; the others stay as they are. */
  readonly trains: readonly ConversionPart[];
  /** What to know before trusting the result, if anything. */
  readonly caution?: string;
  /** The loss of one layer. Differentiable in the trained tensors; the caller disposes it. */
  loss(layer: TransferLayer): tf.Scalar;
}
