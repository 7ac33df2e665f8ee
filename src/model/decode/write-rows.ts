import * as tf from '@tensorflow/tfjs';
import { handleOf, tensorFrom } from '../bfloat16/native-operations.js';
import { nativeBackend } from './replay/native-binding.js';

/** Which rows of a table are written, in the form that the current backend writes by. */
export type RowChoice = { readonly indices: tf.Tensor1D } | { readonly oneHot: tf.Tensor2D };

/** The choice of some rows, all different, of a table of `count`. The caller owns its tensor. */
export function chooseRows(rows: readonly number[], count: number): RowChoice {
  if (nativeBackend() !== undefined) return { indices: tf.tensor1d([...rows], 'int32') };
  const values = new Float32Array(count * rows.length);
  for (const [column, row] of rows.entries()) values[row * rows.length + column] = 1;
  return { oneHot: tf.tensor2d(values, [count, rows.length]) };
}

/**
 * The table `[count, size]` with the chosen rows replaced by `values` `[rows, size]`. On native TensorFlow the numbers
 * of the given table are overwritten: a long memory is not copied for one more token. The caller owns the result, and
 * uses the given table for nothing but to dispose of it.
 */
export function writeRows(table: tf.Tensor2D, choice: RowChoice, values: tf.Tensor2D): tf.Tensor2D {
  if ('indices' in choice) return writeInPlace(table, choice.indices, values);
  return tf.tidy(() => {
    const kept = tf.sub<tf.Tensor2D>(1, tf.sum(choice.oneHot, 1, true));
    return tf.add(tf.mul<tf.Tensor2D>(table, kept), tf.matMul(choice.oneHot, values));
  });
}

function writeInPlace(table: tf.Tensor2D, indices: tf.Tensor1D, values: tf.Tensor2D): tf.Tensor2D {
  const backend = nativeBackend();
  if (backend === undefined) throw new Error('rows are chosen by index on the tensorflow backend alone');
  const { binding, tensorMap } = backend;
  const attributes = [{ name: 'T', type: binding.TF_ATTR_TYPE, value: tensorMap.get(table.dataId).dtype }];
  const inputs = [table, indices, values].map(handleOf);
  const [output] = binding.executeOp('InplaceUpdate', attributes, inputs, 1);
  if (output === undefined) throw new Error('TensorFlow gave no table back');
  return tensorFrom(output) as tf.Tensor2D;
}
