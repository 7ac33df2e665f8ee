import * as tf from '@tensorflow/tfjs';
import { factor } from '../bfloat16/autocast.js';
import { timeSlice } from '../attention/groups.js';
import { queryRows, type Rows } from '../attention/softmax.js';
import { fused } from '../native/fused.js';
import { elementTypeOf } from '../native/operations.js';
import type { Features, LossAndGradients, Teacher, Values } from './compared-rows.js';

/** Features, and what of them serves all rows. All but the sums `[groups, time, features]`. */
interface Known extends Pick<Features, 'queries' | 'keys'> {
  readonly factors: Pick<Features, 'queries' | 'keys'>;
  readonly keysUpTo: tf.Tensor3D;
  /** Of each query's weights: `[groups, time, 1]`. */
  readonly sums: tf.Tensor3D;
}

/** What the composed form computes where all features are above 0, by fused operations. */
export function fusedValues(teacher: Teacher, features: Features): Values {
  return tf.tidy(() => {
    const known = knownOf(features);
    const parts = queryRows(features.queries.shape[1]).map((rows) =>
      tf.tidy(() => {
        const { losses, truth } = termsOf(rows, teacher, { known, slopes: false });
        return valuesOfRows(rows, teacher, { losses, truth });
      }),
    );
    return valuesOf(parts, known);
  });
}

/** The same with the gradients of the sum over rows. */
export function fusedLossAndGradients(teacher: Teacher, features: Features): LossAndGradients {
  return tf.tidy(() => {
    const known = knownOf(features);
    const parts = queryRows(features.queries.shape[1]).map((rows) =>
      tf.tidy(() => {
        const { losses, truth, slope } = termsOf(rows, teacher, { known, slopes: true });
        const { queries, keys } = known.factors;
        return {
          ...valuesOfRows(rows, teacher, { losses, truth }),
          dQueries: tf.matMul<tf.Tensor3D>(slope, timeSlice(keys, 0, rows.end)),
          dKeys: tf.matMul<tf.Tensor3D>(slope, timeSlice(queries, rows.start, rows.end), true),
        };
      }),
    );
    const slopes = [...parts.map(({ dQueries }) => dQueries), ...parts.map(({ dKeys }) => dKeys)];
    const [dQueries, dKeys] = fused(
      'LinearSumsGradient',
      { types: { T: elementTypeOf(known.factors.queries) }, integers: { N: parts.length } },
      [known.queries, known.keysUpTo, known.sums, ...slopes],
      2,
    ) as [tf.Tensor3D, tf.Tensor3D];
    return { ...valuesOf(parts, known), dQueries, dKeys };
  });
}

function knownOf({ queries, keys }: Features): Known {
  const [keysUpTo, sums] = fused('LinearSums', { integers: { delay: 0 } }, [queries, keys], 2) as [
    tf.Tensor3D,
    tf.Tensor3D,
  ];
  return { queries, keys, keysUpTo, sums, factors: { queries: factor(queries), keys: factor(keys) } };
}

interface Terms {
  /** -Σ truth · log(product) of each row: `[groups, rows]`. */
  readonly losses: tf.Tensor2D;
  /** The softmax weights, and those over the products of features: `[groups, rows, keys]`, as factors. */
  readonly truth: tf.Tensor3D;
  readonly slope: tf.Tensor3D;
}

function termsOf(
  { start, end }: Rows,
  { q, k, window = 0 }: Teacher,
  { known, slopes }: { readonly known: Known; readonly slopes: boolean },
): Terms {
  const { queries, keys } = known.factors;
  const scores = tf.matMul<tf.Tensor3D>(timeSlice(q, start, end), timeSlice(k, 0, end), false, true);
  const products = tf.matMul<tf.Tensor3D>(
    timeSlice(queries, start, end),
    timeSlice(keys, 0, end),
    false,
    true,
  );
  const settings = { types: { T: elementTypeOf(scores) }, integers: { start, window }, flags: { slopes } };
  const [truth, losses, slope] = fused('WeightTerms', settings, [scores, products], 3);
  return { truth, losses, slope } as Terms;
}

function valuesOfRows({ end }: Rows, { v }: Teacher, { losses, truth }: Omit<Terms, 'slope'>): Values {
  return { loss: tf.sum(losses), output: tf.matMul(truth, timeSlice(v, 0, end)) };
}

/** The mean over all rows, and the rows' outputs one behind the other. */
function valuesOf(parts: readonly Values[], { sums }: Known): Values {
  const loss = tf.add(tf.addN(parts.map((part) => part.loss)), tf.sum(tf.log(sums)));
  const output = tf.concat<tf.Tensor3D>(
    parts.map((part) => part.output),
    1,
  );
  return { loss: tf.div<tf.Scalar>(loss, sums.size), output };
}
