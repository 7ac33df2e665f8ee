import * as tf from '@tensorflow/tfjs';
import { padTime, timeSlice, toGroups } from '../attention/groups.js';
import { causalOnes } from '../attention/masks.js';
import { queryRows, weightsOfRows, type Rows } from '../attention/softmax.js';

/** A weight below it counts as this much, so that its logarithm is finite (LoLCATs). */
export const smallestWeight = 1e-12;

/** What the loss compares: one layer's softmax weights with its linear weights. */
export interface WeightsLossInput {
  /** Queries and keys of the teacher, `[batch, heads, time, keyDim]`; no gradient flows into them. */
  readonly q: tf.Tensor4D;
  readonly k: tf.Tensor4D;
  /** The same after the feature map, `[batch, heads, time, features]`. */
  readonly queries: tf.Tensor4D;
  readonly keys: tf.Tensor4D;
}

/**
 * Cross-entropy of the linear attention weights, normalised over each row, with the softmax weights as truth; mean
 * over batch, heads and queries. Both cover all keys up to the query. Some rows at a time, so that memory grows with
 * the length and not its square; values and gradients are computed together.
 */
export function attentionWeightsLoss({ q, k, queries, keys }: WeightsLossInput): tf.Scalar {
  return tf.tidy(() => {
    const teacher = { q: toGroups(q), k: toGroups(k) };
    const operation = tf.customGrad((...given) => {
      const [x, y, save] = given as unknown as [tf.Tensor3D, tf.Tensor3D, tf.GradSaveFunc];
      const [value, dx, dy] = lossAndGradients(teacher, x, y);
      save([dx, dy]);
      return {
        value,
        gradFunc: (slope, saved) => saved.map((gradient) => tf.mul(gradient, slope)),
      };
    });
    return operation(toGroups(queries), toGroups(keys)) as tf.Scalar;
  });
}

interface Teacher {
  readonly q: tf.Tensor3D;
  readonly k: tf.Tensor3D;
}

type LossAndGradients = [loss: tf.Scalar, dQueries: tf.Tensor3D, dKeys: tf.Tensor3D];

function lossAndGradients(teacher: Teacher, queries: tf.Tensor3D, keys: tf.Tensor3D): LossAndGradients {
  return tf.tidy(() => {
    const [groups, time] = queries.shape;
    const scale = 1 / (groups * time);
    const parts = queryRows(time).map((rows) => tf.tidy(() => ofRows(rows, teacher, { queries, keys })));
    const dQueries = tf.concat(
      parts.map(([, dQuery]) => dQuery),
      1,
    );
    return [
      tf.mul(tf.addN(parts.map(([loss]) => loss)), scale),
      tf.mul<tf.Tensor3D>(dQueries, scale),
      tf.mul<tf.Tensor3D>(tf.addN(parts.map(([, , dKey]) => dKey)), scale),
    ];
  });
}

interface Features {
  readonly queries: tf.Tensor3D;
  readonly keys: tf.Tensor3D;
}

/** The sum of the rows' cross-entropies, and its gradients. */
function ofRows(rows: Rows, teacher: Teacher, { queries, keys }: Features): LossAndGradients {
  const { start, end } = rows;
  const truth = weightsOfRows(teacher.q, teacher.k, rows);
  const rowQueries = timeSlice(queries, start, end);
  const seenKeys = timeSlice(keys, 0, end);
  const visible = causalOnes(end - start, end, -start);
  const products = tf.mul(tf.matMul(rowQueries, seenKeys, false, true), visible);
  const sums = tf.sum(products, -1, true);
  const weights = tf.div(products, sums);
  // max(w, smallest) by relu, which is fast everywhere.
  const above = tf.relu(tf.sub(weights, smallestWeight));
  const clamped = tf.add(above, smallestWeight);
  const loss = tf.neg(tf.sum<tf.Scalar>(tf.mul(truth, tf.log(clamped))));
  // d loss / d w = - truth / w, and 0 where w is clamped: `above / clamped` is 1 or 0 but for 1e-12 / w.
  const counted = tf.mul(truth, tf.div(above, clamped));
  const throughRow = tf.sum(counted, -1, true);
  const dProducts = tf.mul<tf.Tensor3D>(tf.div(tf.sub(throughRow, tf.div(counted, clamped)), sums), visible);
  const dKeys = tf.matMul<tf.Tensor3D>(dProducts, rowQueries, true);
  return [loss, tf.matMul(dProducts, seenKeys), padTime(dKeys, 0, queries.shape[1] - end)];
}
