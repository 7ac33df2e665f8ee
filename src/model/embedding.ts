import * as tf from '@tensorflow/tfjs';
import { frozenRows } from './bfloat16/frozen-weight.js';

/** The rows of the table [vocabulary, features] for tokens of any shape: [...tokens, features]. */
export function embedTokens(table: tf.Tensor2D, tokens: tf.Tensor): tf.Tensor {
  const rows = tf.customGrad((...inputs) => {
    const [weights, save] = inputs as [tf.Tensor2D, tf.GradSaveFunc];
    const ids = tokens.flatten().toInt<tf.Tensor1D>();
    save([ids]);
    return {
      value: frozenRows(weights, ids),
      gradFunc: (dy, saved) => tf.unsortedSegmentSum(dy, saved[0] as tf.Tensor1D, table.shape[0]),
    };
  });
  return rows(table).reshape([...tokens.shape, table.shape[1]]);
}
