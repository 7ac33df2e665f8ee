import * as tf from '@tensorflow/tfjs';
import { InternalError } from '../../base/unreachable.js';
import { batchAndHeads, fromGroups, padTime, timeSlice, toGroups } from '../attention/groups.js';
import { runningSum } from '../attention/running-sum.js';
import { queryRows, weightsOfRows, type Rows } from '../attention/softmax.js';

/** Where features may be 0 or negative, a weight below it counts as this much, so that its logarithm is finite (LoLCATs). */
export const smallestWeight = 1e-12;

/** What is compared: one layer's softmax weights with its linear weights. */
export interface WeightsInput {
  /** Queries and keys of the teacher, `[batch, heads, time, keyDim]`, and its values; no gradient flows into them. */
  readonly q: tf.Tensor4D;
  readonly k: tf.Tensor4D;
  readonly v: tf.Tensor4D;
  /** Keys that a query of the teacher sees, where it has a sliding window of its own. The student sees all. */
  readonly window?: number | undefined;
  /** The same queries and keys after the feature map, `[batch, heads, time, features]`. */
  readonly queries: tf.Tensor4D;
  readonly keys: tf.Tensor4D;
  /** Whether all features are above 0: no weight needs a lower bound then, and the loss takes fewer operations. */
  readonly positive?: boolean | undefined;
}

/** How far the weights are apart, and what the softmax weights make of the values. */
export interface WeightsComparison {
  readonly loss: tf.Scalar;
  /** The softmax attention, `[batch, heads, time, valueDim]`, which costs little beside the loss. Has no gradient. */
  readonly output: tf.Tensor4D;
}

/**
 * Cross-entropy of the linear attention weights, normalised over each row, with the softmax weights as truth; mean
 * over batch, heads and queries. Both cover the keys up to the query. Some rows at a time, so that memory grows with
 * the length and not its square; values and gradients are computed together.
 *
 * With weights w = s / Z, s = phi(q) . phi(k) and Z the sum of s over the row, the loss is that of s plus log Z: only
 * the former needs a number for each pair of query and key.
 */
export function compareWeights(input: WeightsInput): WeightsComparison {
  return tf.tidy(() => {
    const { q, k, v, queries, keys, window, positive = false } = input;
    const teacher = { q: toGroups(q), k: toGroups(k), v: toGroups(v), window };
    const terms = positive ? exactTerms : clampedTerms;
    let output: tf.Tensor3D | undefined;
    const operation = tf.customGrad((...given) => {
      const [x, y, save] = given as unknown as [tf.Tensor3D, tf.Tensor3D, tf.GradSaveFunc];
      const found = lossAndGradients(teacher, { queries: x, keys: y, terms });
      save([found.dQueries, found.dKeys]);
      output = tf.keep(found.output);
      return {
        value: found.loss,
        gradFunc: (slope, saved) => saved.map((gradient) => tf.mul(gradient, slope)),
      };
    });
    const loss = operation(toGroups(queries), toGroups(keys)) as tf.Scalar;
    if (output === undefined) throw new InternalError('the comparison of weights was not computed');
    const attended = fromGroups(output, batchAndHeads(q));
    output.dispose();
    return { loss, output: attended };
  });
}

interface Teacher {
  readonly q: tf.Tensor3D;
  readonly k: tf.Tensor3D;
  readonly v: tf.Tensor3D;
  readonly window: number | undefined;
}

interface Features {
  readonly queries: tf.Tensor3D;
  readonly keys: tf.Tensor3D;
  readonly terms: TermsOfRows;
}

/** What each pair of query and key adds to the loss of s, `[groups, rows, keys]`. */
type Terms = Readonly<Record<'logarithms' | 'slopes' | 'counted', tf.Tensor3D>>;

/** Terms of the truth and of s; `smallest` is the least s that counts in each row. Beyond the diagonal the truth is 0. */
type TermsOfRows = (truth: tf.Tensor3D, products: tf.Tensor3D, smallest: () => tf.Tensor3D) => Terms;

const exactTerms: TermsOfRows = (truth, products) => ({
  logarithms: tf.log(products),
  slopes: tf.div(truth, products),
  counted: tf.ones([truth.shape[0], truth.shape[1], 1]),
});

const clampedTerms: TermsOfRows = (truth, products, smallestOf) => {
  const smallest = smallestOf();
  // max(s, smallest) by relu, which is fast everywhere.
  const above = tf.relu(tf.sub(products, smallest));
  const clamped = tf.add<tf.Tensor3D>(above, smallest);
  // `above / clamped` is 0 where s is clamped, and 1 elsewhere but for 1e-12 / w.
  const counted = tf.mul<tf.Tensor3D>(tf.div(truth, clamped), above);
  return {
    logarithms: tf.log(clamped),
    slopes: tf.div(counted, clamped),
    counted: tf.sum(counted, -1, true),
  };
};

type LossAndGradients = Readonly<
  Record<'output' | 'dQueries' | 'dKeys', tf.Tensor3D> & Record<'loss', tf.Scalar>
>;

function lossAndGradients(teacher: Teacher, features: Features): LossAndGradients {
  return tf.tidy(() => {
    const { queries, keys } = features;
    const [groups, time] = queries.shape;
    const scale = 1 / (groups * time);
    const keysUpTo = runningSum(keys, { from: 'start', own: true });
    const sums = tf.sum<tf.Tensor3D>(tf.mul(queries, keysUpTo), -1, true);
    const parts = queryRows(time).map((rows) => tf.tidy(() => ofRows(rows, teacher, { ...features, sums })));
    const joined = (name: 'output' | 'counted' | 'dQueries'): tf.Tensor3D =>
      tf.concat(
        parts.map((part) => part[name]),
        1,
      );
    // Through log Z: each row counts as much as the truth on its weights that are not clamped.
    const share = tf.div<tf.Tensor3D>(joined('counted'), sums);
    const behind = runningSum(tf.mul<tf.Tensor3D>(queries, share), { from: 'end', own: true });
    const dQueries = tf.sub<tf.Tensor3D>(tf.mul(keysUpTo, share), joined('dQueries'));
    const dKeys = tf.sub<tf.Tensor3D>(behind, tf.addN(parts.map((part) => part.dKeys)));
    return {
      loss: tf.mul<tf.Scalar>(tf.add(tf.addN(parts.map(({ loss }) => loss)), tf.sum(tf.log(sums))), scale),
      output: joined('output'),
      dQueries: tf.mul(dQueries, scale),
      dKeys: tf.mul(dKeys, scale),
    };
  });
}

/** What some rows add to the loss of s, its slopes with their signs turned, and the truth that is not clamped. */
type PartOfRows = LossAndGradients & Readonly<Record<'counted', tf.Tensor3D>>;

function ofRows(
  rows: Rows,
  teacher: Teacher,
  { queries, keys, sums, terms }: Features & { readonly sums: tf.Tensor3D },
): PartOfRows {
  const { start, end } = rows;
  const truth = weightsOfRows(teacher.q, teacher.k, { ...rows, window: teacher.window });
  const rowQueries = timeSlice(queries, start, end);
  const seenKeys = timeSlice(keys, 0, end);
  const products = tf.matMul<tf.Tensor3D>(rowQueries, seenKeys, false, true);
  const { logarithms, slopes, counted } = terms(truth, products, () =>
    tf.mul<tf.Tensor3D>(timeSlice(sums, start, end), smallestWeight),
  );
  const dKeys = tf.matMul<tf.Tensor3D>(slopes, rowQueries, true);
  return {
    loss: tf.neg(tf.sum<tf.Scalar>(tf.mul(truth, logarithms))),
    output: tf.matMul(truth, timeSlice(teacher.v, 0, end)),
    counted,
    dQueries: tf.matMul(slopes, seenKeys),
    dKeys: padTime(dKeys, 0, queries.shape[1] - end),
  };
}
