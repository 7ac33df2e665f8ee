import * as tf from '@tensorflow/tfjs';

/** Batch and heads of a rank-4 tensor, which the attention kernels see as one axis of groups. */
export type BatchAndHeads = readonly [batch: number, heads: number];

/** `[batch, heads, time, size]` to `[batch * heads, time, size]`, without a copy. */
export function toGroups(x: tf.Tensor4D): tf.Tensor3D {
  const [batch, heads, time, size] = x.shape;
  return tf.reshape(x, [batch * heads, time, size]);
}

/** `[batch * heads, time, size]` to `[batch, heads, time, size]`, without a copy. */
export function fromGroups(x: tf.Tensor3D, [batch, heads]: BatchAndHeads): tf.Tensor4D {
  return tf.reshape(x, [batch, heads, x.shape[1], x.shape[2]]);
}

/** Batch and heads of a tensor. */
export function batchAndHeads(x: tf.Tensor4D): BatchAndHeads {
  return [x.shape[0], x.shape[1]];
}

/** Rows `start` to `end` of the time axis. */
export function timeSlice(x: tf.Tensor3D, start: number, end: number): tf.Tensor3D {
  return start === 0 && end === x.shape[1] ? x : tf.slice(x, [0, start, 0], [-1, end - start, -1]);
}

/** Zeros before and behind the time axis. */
export function padTime(x: tf.Tensor3D, before: number, behind: number): tf.Tensor3D {
  return before === 0 && behind === 0
    ? x
    : tf.pad(x, [
        [0, 0],
        [before, behind],
        [0, 0],
      ]);
}

/** The same rows `by` steps later: zeros come in at the front, the last rows drop out. */
export function delay(x: tf.Tensor3D, by: number): tf.Tensor3D {
  const time = x.shape[1];
  if (by === 0) return x;
  if (by >= time) return tf.zerosLike(x);
  return padTime(timeSlice(x, 0, time - by), by, 0);
}
