import * as tf from '@tensorflow/tfjs';
import type { AttentionInput } from './attention.js';
import { batchAndHeads, fromGroups, padTime, timeSlice, toGroups } from './groups.js';
import { causalMask } from './masks.js';

/** Queries handled at once. Their scores against all keys before them are the only large tensor. */
export const rowsAtOnce = 128;

/** A run of queries, `start` included, `end` not. They see the keys before `end`. */
export interface Rows {
  readonly start: number;
  readonly end: number;
}

/** The queries of a sequence in runs of `rowsAtOnce`. */
export function queryRows(time: number): readonly Rows[] {
  return Array.from({ length: Math.ceil(time / rowsAtOnce) }, (_, index) => ({
    start: index * rowsAtOnce,
    end: Math.min(time, (index + 1) * rowsAtOnce),
  }));
}

/**
 * Causal softmax attention: the teacher, and the model before conversion. A run of queries at a time; the backward
 * pass computes the weights again instead of keeping them. `[batch, heads, time, valueDim]`; the caller disposes it.
 */
export function softmaxAttention({ q, k, v }: Omit<AttentionInput, 'layer'>): tf.Tensor4D {
  return tf.tidy(() => fromGroups(attend(toGroups(q), toGroups(k), toGroups(v)), batchAndHeads(q)));
}

/** The softmax weights of some queries over the keys before `rows.end`, the last `window` of them: `[groups, rows, keys]`. */
export function weightsOfRows(
  q: tf.Tensor3D,
  k: tf.Tensor3D,
  { start, end, window }: Rows & { readonly window?: number | undefined },
): tf.Tensor3D {
  return tf.tidy(() => {
    const scaled = tf.mul<tf.Tensor3D>(timeSlice(q, start, end), 1 / Math.sqrt(q.shape[2]));
    const scores = tf.matMul(scaled, timeSlice(k, 0, end), false, true);
    const mask = causalMask({ start, rows: end - start, keys: end, window });
    return tf.softmax(tf.add<tf.Tensor3D>(scores, mask), -1);
  });
}

function attend(q: tf.Tensor3D, k: tf.Tensor3D, v: tf.Tensor3D): tf.Tensor3D {
  const time = q.shape[1];
  const operation = tf.customGrad((...given) => {
    const [queries, keys, values, save] = given as unknown as [
      tf.Tensor3D,
      tf.Tensor3D,
      tf.Tensor3D,
      tf.GradSaveFunc,
    ];
    save([queries, keys, values]);
    const parts = queryRows(time).map((rows) =>
      tf.tidy(() =>
        tf.matMul<tf.Tensor3D>(weightsOfRows(queries, keys, rows), timeSlice(values, 0, rows.end)),
      ),
    );
    return {
      value: joinRows(parts),
      gradFunc: (dy, saved) => gradients(dy as tf.Tensor3D, saved as tf.Tensor3D[]),
    };
  });
  return operation(q, k, v) as tf.Tensor3D;
}

function joinRows(parts: readonly tf.Tensor3D[]): tf.Tensor3D {
  return tf.tidy(() => tf.concat([...parts], 1));
}

/** Gradients for queries, keys and values. */
function gradients(dy: tf.Tensor3D, saved: readonly tf.Tensor3D[]): tf.Tensor3D[] {
  const [q, k, v] = saved as [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D];
  const time = q.shape[1];
  const scale = 1 / Math.sqrt(q.shape[2]);
  const parts = queryRows(time).map((rows) => {
    const { start, end } = rows;
    const weights = weightsOfRows(q, k, rows);
    const dyRows = timeSlice(dy, start, end);
    const dWeights = tf.matMul(dyRows, timeSlice(v, 0, end), false, true);
    const dScores = softmaxGradient(weights, dWeights);
    return {
      dq: tf.mul<tf.Tensor3D>(tf.matMul(dScores, timeSlice(k, 0, end)), scale),
      dk: padTime(
        tf.mul<tf.Tensor3D>(tf.matMul(dScores, timeSlice(q, start, end), true), scale),
        0,
        time - end,
      ),
      dv: padTime(tf.matMul(weights, dyRows, true), 0, time - end),
    };
  });
  return [
    joinRows(parts.map(({ dq }) => dq)),
    tf.addN(parts.map(({ dk }) => dk)),
    tf.addN(parts.map(({ dv }) => dv)),
  ];
}

/** The gradient for scores, given softmax weights over the last axis and the gradient for the weights. */
export function softmaxGradient<Weights extends tf.Tensor>(weights: Weights, dWeights: tf.Tensor): Weights {
  return tf.tidy(() => {
    const weighted = tf.mul<Weights>(weights, dWeights);
    return tf.sub<Weights>(weighted, tf.mul(weights, tf.sum(weighted, -1, true)));
  });
}
