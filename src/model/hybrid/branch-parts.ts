import * as tf from '@tensorflow/tfjs';
import { normalised } from '../attention/linear.js';
import type { BranchMass } from '../attention/mix.js';

/** What of the hybrid is computed: all of it, or one branch at weight 1. */
export type DecodedBranch = 'both' | 'window' | 'linear';

/** What one branch gives while decoding, and the sum of its weights: `[…, valueDim]` and `[…, 1]`. */
export interface BranchPart<Values extends tf.Tensor = tf.Tensor4D> {
  readonly output: Values;
  readonly mass: Values;
}

/** The window's part, given the scores of its keys, `[…, keys]`, and their values, `[…, keys, valueDim]`. */
export function windowPartOf<Values extends tf.Tensor>(scores: Values, values: Values): BranchPart<Values> {
  const exponentials = tf.exp(tf.sub<Values>(scores, tf.max(scores, -1, true)));
  const mass = tf.sum<Values>(exponentials, -1, true);
  return { output: tf.div<Values>(tf.matMul(exponentials, values), mass), mass };
}

/** The linear branch's part, given what queries see of its sums: `[batch, heads, queries, valueDim + 1]`. */
export function linearPartOf(seen: tf.Tensor4D): BranchPart {
  const valueDim = seen.shape[3] - 1;
  const mass = tf.slice(seen, [0, 0, 0, valueDim], [-1, -1, -1, 1]);
  return { output: normalised(tf.slice(seen, [0, 0, 0, 0], [-1, -1, -1, valueDim]), mass), mass };
}

/** The parts of both branches, computed when they are asked for, and the window's weight beside the linear branch. */
export interface BranchParts {
  readonly window: () => BranchPart;
  readonly linear: () => BranchPart;
  readonly windowWeight: (mass: BranchMass) => tf.Tensor4D;
}

/** Both parts mixed, or one of them alone at weight 1. */
export function mixedParts(branch: DecodedBranch | undefined, parts: BranchParts): tf.Tensor4D {
  if (branch === 'window') return parts.window().output;
  const linear = parts.linear();
  if (branch === 'linear') return linear.output;
  const window = parts.window();
  const weight = parts.windowWeight({ window: window.mass, linear: linear.mass });
  return tf.add(linear.output, tf.mul(weight, tf.sub(window.output, linear.output)));
}
