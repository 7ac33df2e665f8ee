import type * as tf from '@tensorflow/tfjs';

/** The case's own list of shapes says how many inputs there are, which the compiler cannot see. */
export function as(input: tf.Tensor | undefined): tf.Tensor {
  if (input === undefined) throw new Error('a case was given fewer inputs than it has shapes');
  return input;
}
