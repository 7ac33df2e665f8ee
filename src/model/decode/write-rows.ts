import * as tf from '@tensorflow/tfjs';
import { nativeBackend } from '../native/native-backend.js';
import { overwriteRows } from '../native/operations.js';

/** Which rows of a table are written, in the form that the current backend writes by. */
export type RowChoice =
  | { readonly indices: tf.Tensor1D }
  | { readonly oneHot: tf.Tensor2D }
  /** Empty, `[parts, first, 0]`: a run of rows from `first` on in each of so many parts of the table. */
  | { readonly run: tf.Tensor3D };

/** The choice of some rows, all different, of a table of `count`. The caller owns its tensor. */
export function chooseRows(rows: readonly number[], count: number): RowChoice {
  if (nativeBackend() !== undefined) return { indices: tf.tensor1d([...rows], 'int32') };
  const values = new Float32Array(count * rows.length);
  for (const [column, row] of rows.entries()) values[row * rows.length + column] = 1;
  return { oneHot: tf.tensor2d(values, [count, rows.length]) };
}

/** A run of rows in each of some parts of a table, all of `size` rows. From the last row it goes on at the first. */
export interface RowRun {
  readonly parts: number;
  readonly size: number;
  readonly first: number;
  readonly count: number;
}

/** The choice of such a run. The caller owns its tensor. */
export function chooseRun({ parts, size, first, count }: RowRun): RowChoice {
  // A product with many rows costs more than a copy of the table.
  if (nativeBackend() === undefined && count > 1 && first + count <= size)
    return { run: tf.zeros([parts, first, 0]) };
  const rows = Array.from({ length: parts * count }, (_, index) => {
    const part = Math.floor(index / count);
    return part * size + ((first + (index % count)) % size);
  });
  return chooseRows(rows, parts * size);
}

/**
 * The table `[count, size]` with the chosen rows replaced by `values` `[rows, size]`. On native TensorFlow the numbers
 * of the given table are overwritten: a long memory is not copied for one more token. The caller owns the result, and
 * uses the given table for nothing but to dispose of it.
 */
export function writeRows(table: tf.Tensor2D, choice: RowChoice, values: tf.Tensor2D): tf.Tensor2D {
  if ('indices' in choice) return overwriteRows(table, choice.indices, values);
  if ('run' in choice) return tf.tidy(() => withRun(table, choice.run, values));
  return tf.tidy(() => {
    const kept = tf.sub<tf.Tensor2D>(1, tf.sum(choice.oneHot, 1, true));
    return tf.add(tf.mul<tf.Tensor2D>(table, kept), tf.matMul(choice.oneHot, values));
  });
}

function withRun(table: tf.Tensor2D, run: tf.Tensor3D, values: tf.Tensor2D): tf.Tensor2D {
  const [parts, first] = run.shape;
  const ofParts = (rows: tf.Tensor2D): tf.Tensor3D => tf.reshape(rows, [parts, -1, rows.shape[1]]);
  const [before, fresh] = [ofParts(table), ofParts(values)];
  const above = tf.slice(before, [0, 0, 0], [-1, first, -1]);
  const below = tf.slice(before, [0, first + fresh.shape[1], 0], [-1, -1, -1]);
  return tf.reshape(tf.concat([above, fresh, below], 1), table.shape);
}
