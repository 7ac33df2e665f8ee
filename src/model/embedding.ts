import * as tf from '@tensorflow/tfjs';

/** The rows of the table [vocabulary, features] for tokens of any shape: [...tokens, features]. */
export function embedTokens(table: tf.Tensor2D, tokens: tf.Tensor): tf.Tensor {
  const rows = tf.customGrad((...inputs) => {
    const [weights] = inputs as [tf.Tensor2D];
    return {
      value: tf.gather(weights, tokens.flatten()),
      gradFunc: (dy) => tf.unsortedSegmentSum(dy, tokens.flatten().toInt(), table.shape[0]),
    };
  });
  return rows(table).reshape([...tokens.shape, table.shape[1]]);
}
