import * as tf from '@tensorflow/tfjs';
import { InternalError } from '../../base/unreachable.js';
import { factor, factorLike, inFloat32, product } from '../bfloat16/autocast.js';
import { batchAndHeads, fromGroups, padTime, timeSlice, toGroups } from '../attention/groups.js';
import { hasFusedOperations } from '../native/fused.js';
import { runningSum } from '../attention/running-sum.js';
import { joinRows, queryRows, scaledQueries, weightsOfRows, type Rows } from '../attention/softmax.js';
import type { Features, LossAndGradients, Teacher, Values } from './compared-rows.js';
import { fusedLossAndGradients, fusedValues } from './fused-attention-weights.js';

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
  /**
   * The softmax attention, `[batch, heads, time, valueDim]`, which costs little beside the loss; as a factor where fused
   * operations compute it. Has no gradient.
   */
  readonly output: tf.Tensor4D;
}

/**
 * Cross-entropy of the linear attention weights, normalised over each row, with the softmax weights as truth; mean
 * over batch, heads and queries. Both cover the keys up to the query. Some rows at a time, so that memory grows with
 * the length and not its square; values and gradients are computed together, outside a gradient the values alone.
 *
 * With weights w = s / Z, s = phi(q) . phi(k) and Z the sum of s over the row, the loss is that of s plus log Z: only
 * the former needs a number for each pair of query and key.
 */
export function compareWeights(input: WeightsInput): WeightsComparison {
  return tf.tidy(() => {
    const { q, k, v, queries, keys, window, positive = false } = input;
    const teacher = { q: scaledQueries(toGroups(q)), k: factor(toGroups(k)), v: factor(toGroups(v)), window };
    if (tf.engine().state.gradientDepth === 0) {
      const found = valuesFor(positive)(teacher, {
        queries: toGroups(queries),
        keys: toGroups(keys),
        positive,
      });
      return { loss: found.loss, output: fromGroups(found.output, batchAndHeads(q)) };
    }
    let output: tf.Tensor3D | undefined;
    const operation = tf.customGrad((...given) => {
      const [x, y, save] = given as unknown as [tf.Tensor3D, tf.Tensor3D, tf.GradSaveFunc];
      const found = lossAndGradientsFor(positive)(teacher, { queries: x, keys: y, positive });
      save([found.dQueries, found.dKeys]);
      output = tf.keep(found.output);
      return {
        value: found.loss,
        gradFunc: (slope, saved) => {
          const share = tf.div(slope, x.shape[0] * x.shape[1]);
          return saved.map((gradient) => tf.mul(gradient, share));
        },
      };
    });
    const loss = operation(toGroups(queries), toGroups(keys)) as tf.Scalar;
    if (output === undefined) throw new InternalError('the comparison of weights was not computed');
    const attended = fromGroups(output, batchAndHeads(q));
    output.dispose();
    return { loss, output: attended };
  });
}

function valuesFor(positive: boolean): typeof composedValues {
  return positive && hasFusedOperations() ? fusedValues : composedValues;
}

function lossAndGradientsFor(positive: boolean): typeof composedLossAndGradients {
  return positive && hasFusedOperations() ? fusedLossAndGradients : composedLossAndGradients;
}

/** What of the features serves all rows. */
interface Sums extends Features {
  /** With the signs of their rows' sums, so that these are above 0: weights are quotients, and stay what they are. */
  readonly queries: tf.Tensor3D;
  /** Both as factors of products. */
  readonly factors: Readonly<Record<'queries' | 'keys', tf.Tensor3D>>;
  /** 1 or -1, `[groups, time, 1]`; absent where features are positive. */
  readonly signs: tf.Tensor3D | undefined;
  /** Of the keys up to each, `[groups, time, features]`. */
  readonly keysUpTo: tf.Tensor3D;
  /** Z, `[groups, time, 1]`. */
  readonly sums: tf.Tensor3D;
}

function sumsOf({ queries, keys, positive }: Features): Sums {
  const keysUpTo = runningSum(keys, { from: 'start', own: true });
  const sums = tf.sum<tf.Tensor3D>(tf.mul(queries, keysUpTo), -1, true);
  if (positive) {
    const factors = { queries: factor(queries), keys: factor(keys) };
    return { queries, keys, factors, positive, signs: undefined, keysUpTo, sums };
  }
  const isNegative = tf.cast(tf.greater(tf.zerosLike(sums), sums), 'float32');
  const signs = tf.sub<tf.Tensor3D>(1, tf.mul(isNegative, 2));
  const signed = tf.mul<tf.Tensor3D>(queries, signs);
  const factors = { queries: factor(signed), keys: factor(keys) };
  return { queries: signed, keys, factors, positive, signs, keysUpTo, sums: tf.mul(sums, signs) };
}

function composedValues(teacher: Teacher, features: Features): Values {
  return tf.tidy(() => {
    const known = sumsOf(features);
    return valuesOf(
      queryRows(features.queries.shape[1]).map((rows) =>
        tf.tidy(() => {
          const { loss, output } = ofRows(rows, teacher, known);
          return { loss, output };
        }),
      ),
      known,
    );
  });
}

/** The mean over all rows, and the rows' outputs one behind the other. */
function valuesOf(parts: readonly Values[], { sums }: Sums): Values {
  const loss = tf.add(tf.addN(parts.map((part) => part.loss)), tf.sum(tf.log(sums)));
  return { loss: tf.div<tf.Scalar>(loss, sums.size), output: joinRows(parts.map(({ output }) => output)) };
}

function composedLossAndGradients(teacher: Teacher, features: Features): LossAndGradients {
  return tf.tidy(() => {
    const known = sumsOf(features);
    const { queries, signs, keysUpTo, sums } = known;
    const parts = queryRows(queries.shape[1]).map((rows) =>
      tf.tidy(() => ({ ...slopesOfRows(rows, ofRows(rows, teacher, known), known) })),
    );
    // Through log Z: each row counts as much as the truth on its weights that are not clamped.
    const share = tf.div<tf.Tensor3D>(joinRows(parts.map(({ counted }) => counted)), sums);
    const behind = runningSum(tf.mul<tf.Tensor3D>(queries, share), { from: 'end', own: true });
    const upTo = signs === undefined ? keysUpTo : tf.mul<tf.Tensor3D>(keysUpTo, signs);
    const dQueries = tf.sub<tf.Tensor3D>(tf.mul(upTo, share), joinRows(parts.map((part) => part.dQueries)));
    const dKeys = tf.sub<tf.Tensor3D>(behind, tf.addN(parts.map((part) => part.dKeys)));
    return {
      ...valuesOf(parts, known),
      dQueries,
      dKeys,
    };
  });
}

/** What each pair of query and key adds to the loss of s, `[groups, rows, keys]`, and the truth that is not clamped. */
type Terms = Readonly<Record<'logarithms' | 'slopes' | 'counted', tf.Tensor3D>>;

function exactTerms(truth: tf.Tensor3D, products: tf.Tensor3D): Terms {
  return {
    logarithms: tf.log(products),
    slopes: tf.div(truth, products),
    counted: tf.ones([truth.shape[0], truth.shape[1], 1]),
  };
}

function clampedTerms(truth: tf.Tensor3D, products: tf.Tensor3D, sums: tf.Tensor3D): Terms {
  const smallest = tf.mul<tf.Tensor3D>(sums, smallestWeight);
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
}

/** What some rows add to the loss of s. */
function ofRows(
  { start, end }: Rows,
  { q, k, v, window }: Teacher,
  { factors: { queries, keys }, positive, sums }: Sums,
): Values & Terms {
  const weights = weightsOfRows(q, k, { start, end, window });
  const truth = inFloat32(weights);
  // Beyond the diagonal too, where the truth is 0.
  const products = product(timeSlice(queries, start, end), timeSlice(keys, 0, end), false, true);
  const terms = positive
    ? exactTerms(truth, products)
    : clampedTerms(truth, products, timeSlice(sums, start, end));
  return {
    ...terms,
    loss: tf.neg(tf.sum<tf.Scalar>(tf.mul(truth, terms.logarithms))),
    output: tf.matMul(weights, timeSlice(v, 0, end)),
  };
}

/** The slopes of that loss with their signs turned, in the features as they were given. */
function slopesOfRows(
  { start, end }: Rows,
  { loss, output, slopes, counted }: Values & Terms,
  { factors: { queries, keys }, signs }: Sums,
): LossAndGradients & Pick<Terms, 'counted'> {
  const dProducts = factorLike(slopes, keys);
  const dRows = tf.matMul<tf.Tensor3D>(dProducts, timeSlice(keys, 0, end));
  const dKeys = product(dProducts, timeSlice(queries, start, end), true);
  return {
    loss,
    output,
    counted,
    dQueries: signs === undefined ? dRows : tf.mul(dRows, timeSlice(signs, start, end)),
    dKeys: padTime(dKeys, 0, queries.shape[1] - end),
  };
}
