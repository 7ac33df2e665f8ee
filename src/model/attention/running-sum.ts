import * as tf from '@tensorflow/tfjs';
import { padTime, timeSlice } from './groups.js';
import { causalOnes } from './masks.js';

/** Rows that one triangular product adds up. */
const blockLength = 64;

/** Which rows a sum covers: those before each row or behind it, with the row itself or without. */
export interface RunningSum {
  readonly from: 'start' | 'end';
  readonly own: boolean;
}

/**
 * For each row of x `[groups, rows, size]` the sum of the rows before it (or behind it): the same shape. Products with
 * triangles of ones, because tfjs's cumsum is slow on native TensorFlow and has a wrong gradient; blocks of rows first
 * and then the blocks' totals in the same way, so that time is linear in the rows. Has no gradient of its own.
 */
export function runningSum(x: tf.Tensor3D, how: RunningSum): tf.Tensor3D {
  return tf.tidy(() => {
    const [groups, rows, size] = x.shape;
    if (rows <= blockLength) return throughTriangle(x, how);
    const blocks = Math.ceil(rows / blockLength);
    const padded = padTime(x, 0, blocks * blockLength - rows);
    const blocked = tf.reshape<tf.Rank.R3>(padded, [groups * blocks, blockLength, size]);
    const inside = throughTriangle(blocked, how);
    const totals = tf.reshape<tf.Rank.R3>(tf.sum(blocked, 1), [groups, blocks, size]);
    const outside = tf.reshape(runningSum(totals, { ...how, own: false }), [groups * blocks, 1, size]);
    const all = tf.reshape<tf.Rank.R3>(tf.add(inside, outside), [groups, blocks * blockLength, size]);
    return timeSlice(all, 0, rows);
  });
}

function throughTriangle(x: tf.Tensor3D, { from, own }: RunningSum): tf.Tensor3D {
  const rows = x.shape[1];
  return tf.matMul<tf.Tensor3D>(causalOnes(rows, rows, own ? 0 : 1), x, from === 'end');
}

/** The same by adding up row after row, for tests. */
export function runningSumNaive(x: tf.Tensor3D, { from, own }: RunningSum): tf.Tensor3D {
  return tf.cumsum(x, 1, !own, from === 'end');
}
