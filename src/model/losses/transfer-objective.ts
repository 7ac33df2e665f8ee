import type * as tf from '@tensorflow/tfjs';
import type { AttentionInput } from '../attention/attention.js';
import type { Conversion } from '../hybrid/conversion.js';
import type { ConversionPart } from '../hybrid/layer-tensors.js';

/** One layer of the teacher, and what is to imitate it. */
export interface TransferLayer {
  /** The teacher's own queries, keys and values. No gradient flows into them. */
  readonly input: AttentionInput;
  /** Keys that a query of the teacher sees, where it has a sliding window of its own. */
  readonly slidingWindow?: number | undefined;
  readonly conversion: Conversion;
  /** The conversion's tensors by their full names; those of this layer are all there. */
  readonly trained: ReadonlyMap<string, tf.Tensor>;
}

/** How far a layer is from the teacher's. The caller disposes both. */
export interface TransferComparison {
  /** Differentiable in the trained tensors. */
  readonly loss: tf.Scalar;
  /** The teacher's attention output, before o_proj: `[batch, heads, time, valueDim]`; what the next layer is made of. */
  readonly output: tf.Tensor4D;
}

/**
 * What attention transfer minimises, layer by layer: the product of an `objective` component. Pure: on TensorFlow what it
 * does with a layer is recorded in two steps, and later steps replay it.
 */
export interface TransferObjective {
  /** The parts that it trains; the others stay as they are. */
  readonly trains: readonly ConversionPart[];
  /** What to know before trusting the result, if anything. */
  readonly caution?: string;
  /** Runs the teacher's attention of one layer and compares. One call, because both may share work. */
  compare(layer: TransferLayer): TransferComparison;
}
