import * as tf from '@tensorflow/tfjs';
import { factorPrecision } from '../bfloat16/autocast.js';
import { elementTypes } from '../native/element-types.js';
import { fused, fusedOne } from '../native/fused.js';
import { elementTypeOf } from '../native/operations.js';
import { operation } from '../operation.js';
import { fromBlocks, toBlocks } from './blocks.js';

/** A sequence in chunks, and what of it a query sees: see `linearAttention`. */
export interface LinearSequence {
  readonly time: number;
  /** Rows of a chunk. */
  readonly block: number;
  readonly delay: number;
  /** Added to the denominator. */
  readonly epsilon: number;
}

/** Queries and keys after the feature map, and values, `[groups, time, size]`. */
export type Operands = readonly [queries: tf.Tensor3D, keys: tf.Tensor3D, values: tf.Tensor3D];

/** What `linearAttention` computes, by fused operations around the products of matrices: output and mass. */
export function fusedLinearAttention(
  operands: Operands,
  sequence: LinearSequence,
): readonly [output: tf.Tensor3D, mass: tf.Tensor3D] {
  const type = elementTypes[factorPrecision()];
  const { time, block, delay, epsilon } = sequence;
  const layout = { time, block };
  return operation<Pair>({
    inputs: operands,
    compute: (save) => {
      const [queries, keys, values] = operands;
      const q = toBlocks(queries, layout, type);
      const k = toBlocks(keys, { ...layout, delay }, type);
      const v = toBlocks(values, { ...layout, delay }, type);
      const [keysUpTo, mass] = fused('LinearSums', { integers: { delay } }, [queries, keys], 2) as Pair;
      const inside = tf.matMul(lowerTriangle(tf.matMul(q, k, false, true)), v);
      const across = tf.matMul(q, statesBefore(k, v, sequence));
      const output = fromBlocks([inside, across], layout, { mass, epsilon });
      save([q, k, v, queries, keysUpTo, mass, output]);
      return [output, mass];
    },
    gradients: (dys, saved) => gradients(dys, saved as unknown as Saved, sequence),
  });
}

type Pair = readonly [tf.Tensor3D, tf.Tensor3D];
/** The operands in blocks, then the queries as they were, the sums of keys, the mass and the output. */
type Saved = readonly [...Operands, tf.Tensor3D, tf.Tensor3D, tf.Tensor3D, tf.Tensor3D];

function gradients(dys: Pair, saved: Saved, sequence: LinearSequence): readonly (() => tf.Tensor)[] {
  const { time, block, delay } = sequence;
  const [q, k] = saved;
  const { dy, future, dQueries, dKeys } = tf.tidy(() => ofQueriesAndKeys(dys, saved, sequence));
  return [
    () => dQueries,
    () => dKeys,
    () => {
      const inside = tf.matMul(lowerTriangle(tf.matMul(q, k, false, true)), dy, true);
      return fromBlocks([inside, tf.matMul(k, future)], { time, block, delay });
    },
  ];
}

/** The gradients for queries and keys, and what that for the values is made of too. */
function ofQueriesAndKeys(
  [dOutput, dMass]: Pair,
  [q, k, v, queries, keysUpTo, mass, output]: Saved,
  sequence: LinearSequence,
): Readonly<Record<'dy' | 'future' | 'dQueries' | 'dKeys', tf.Tensor3D>> & tf.TensorContainerObject {
  const { time, block, delay, epsilon } = sequence;
  const types = { T: elementTypeOf(q) };
  const normaliser = [output, mass, dOutput, dMass];
  const [dSums, dWhole] = fused('NormalisedGradient', { numbers: { epsilon } }, normaliser, 2) as Pair;
  const dy = toBlocks(dSums, { time, block }, types.T);
  const dProducts = lowerTriangle(tf.matMul(dy, v, false, true));
  const future = statesBehind(q, dy, sequence);
  const parts = [
    tf.matMul(dProducts, k),
    tf.matMul(dy, statesBefore(k, v, sequence), false, true),
    tf.matMul(dProducts, q, true),
    tf.matMul(v, future, false, true),
  ];
  const inputs = [queries, keysUpTo, dWhole, ...parts];
  const [dQueries, dKeys] = fused('LinearGradient', { types, integers: { delay } }, inputs, 2) as Pair;
  return { dy, future, dQueries, dKeys };
}

function lowerTriangle(products: tf.Tensor): tf.Tensor3D {
  return fusedOne('LowerTriangle', { types: { T: elementTypeOf(products) } }, [products]) as tf.Tensor3D;
}

/** For each block the sum of aᵀ b of the blocks before it: `[groups * blocks, columns of a, columns of b]`. */
function statesBefore(a: tf.Tensor3D, b: tf.Tensor3D, sequence: LinearSequence): tf.Tensor3D {
  return sumOfOthers(tf.matMul(a, b, true), sequence, false);
}

/** The same of the blocks behind it. */
function statesBehind(a: tf.Tensor3D, b: tf.Tensor3D, sequence: LinearSequence): tf.Tensor3D {
  return sumOfOthers(tf.matMul(a, b, true), sequence, true);
}

function sumOfOthers(states: tf.Tensor3D, { time, block }: LinearSequence, from_end: boolean): tf.Tensor3D {
  const [, rows, columns] = states.shape;
  const perGroup = tf.reshape(states, [-1, Math.ceil(time / block), rows * columns]);
  const sums = fusedOne('SumOfOthers', { types: { T: elementTypeOf(states) }, flags: { from_end } }, [
    perGroup,
  ]);
  return tf.reshape(sums, states.shape);
}
