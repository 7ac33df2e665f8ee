import * as tf from '@tensorflow/tfjs';
import { factor, factorLike, inFloat32, product } from '../bfloat16/autocast.js';
import { fusedOne, hasFusedOperations } from '../native/fused.js';
import { elementTypeOf } from '../native/operations.js';
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

/** Queries as factors of scores: over the root of their size. */
export function scaledQueries(q: tf.Tensor3D): tf.Tensor3D {
  return factor(tf.mul<tf.Tensor3D>(q, 1 / Math.sqrt(q.shape[2])));
}

/**
 * The softmax weights of some scaled queries over the keys before `rows.end`, the last `window` of them:
 * `[groups, rows, keys]`, in the type of the queries.
 */
export function weightsOfRows(
  q: tf.Tensor3D,
  k: tf.Tensor3D,
  { start, end, window }: Rows & { readonly window?: number | undefined },
): tf.Tensor3D {
  return tf.tidy(() => {
    const scores = tf.matMul(timeSlice(q, start, end), timeSlice(k, 0, end), false, true);
    if (hasFusedOperations()) return fusedCausalSoftmax(scores, start, window);
    const mask = causalMask({ start, rows: end - start, keys: end, window }, scores);
    return tf.softmax(tf.add<tf.Tensor3D>(scores, mask), -1);
  });
}

function fusedCausalSoftmax(scores: tf.Tensor, start: number, window = 0): tf.Tensor3D {
  const settings = { types: { T: elementTypeOf(scores) }, integers: { start, window } };
  return fusedOne('CausalSoftmax', settings, [scores]) as tf.Tensor3D;
}

function attend(q: tf.Tensor3D, k: tf.Tensor3D, v: tf.Tensor3D): tf.Tensor3D {
  const time = q.shape[1];
  const operation = tf.customGrad((...given) => {
    const [q, k, v, save] = given as unknown as [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D, tf.GradSaveFunc];
    const [queries, keys, values] = [scaledQueries(q), factor(k), factor(v)];
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

/** What runs of queries gave, one behind the other, in float32. */
export function joinRows(parts: readonly tf.Tensor3D[]): tf.Tensor3D {
  return tf.tidy(() => inFloat32(tf.concat([...parts], 1)));
}

/** Gradients for queries, keys and values, given the scaled queries and the other two as factors. */
function gradients(dy: tf.Tensor3D, saved: readonly tf.Tensor3D[]): tf.Tensor3D[] {
  const [q, k, v] = saved as [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D];
  const time = q.shape[1];
  const scale = 1 / Math.sqrt(q.shape[2]);
  const parts = queryRows(time).map((rows) => {
    const { start, end } = rows;
    const weights = weightsOfRows(q, k, rows);
    const dyRows = factorLike(timeSlice(dy, start, end), q);
    const dWeights = product(dyRows, timeSlice(v, 0, end), false, true);
    const dScores = factorLike(softmaxGradient(inFloat32(weights), dWeights), q);
    return {
      dq: tf.matMul<tf.Tensor3D>(dScores, timeSlice(k, 0, end)),
      dk: padTime(product(dScores, timeSlice(q, start, end), true), 0, time - end),
      dv: padTime(product(weights, dyRows, true), 0, time - end),
    };
  });
  return [
    tf.mul(joinRows(parts.map(({ dq }) => dq)), scale),
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
