import * as tf from '@tensorflow/tfjs';

/** All tokens of x `[1, heads, tokens, size]`, head after head: `[heads * tokens, size]`. */
export function headRows(x: tf.Tensor4D): tf.Tensor2D {
  return tf.reshape(x, [-1, x.shape[3]]);
}

/** Rows that stand head after head, as a matrix for each head: `[heads, rows, size]`. */
export function headMatrices(rows: tf.Tensor2D, heads: number): tf.Tensor3D {
  return tf.reshape(rows, [heads, -1, rows.shape[1]]);
}

/**
 * Queries `[1, heads, tokens, size]` as a matrix for each key-value head, `[keyValueHeads, rows, size]`: heads that
 * share keys read them once.
 */
export function queryMatrices(q: tf.Tensor4D, keyValueHeads: number): tf.Tensor3D {
  return tf.reshape(q, [keyValueHeads, -1, q.shape[3]]);
}
