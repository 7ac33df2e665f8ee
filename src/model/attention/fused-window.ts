import * as tf from '@tensorflow/tfjs';
import { factorPrecision } from '../bfloat16/autocast.js';
import { elementTypes } from '../native/element-types.js';
import { fused } from '../native/fused.js';
import { elementTypeOf, type Settings } from '../native/operations.js';
import { operation } from '../operation.js';
import { fromBlocks, toBlocks } from './blocks.js';

/** A sequence in blocks of queries, each of which sees its own keys and the `window` keys before. */
export interface WindowBlocks {
  readonly time: number;
  readonly window: number;
  readonly block: number;
}

/** Queries, keys and values, `[groups, time, size]`. */
export type Operands = readonly [q: tf.Tensor3D, k: tf.Tensor3D, v: tf.Tensor3D];

/** What `windowAttention` computes, by fused operations around the products of matrices: output and mass. */
export function fusedWindowAttention(
  operands: Operands,
  shape: WindowBlocks,
): readonly [output: tf.Tensor3D, mass: tf.Tensor3D] {
  const type = elementTypes[factorPrecision()];
  return operation<Pair>({
    inputs: operands,
    compute: (save) => {
      const [q, k, v] = operands;
      const { time, block, window: before } = shape;
      const queries = toBlocks(q, { time, block, scale: scaleOf(q) }, type);
      const keys = toBlocks(k, { time, block, before }, type);
      const values = toBlocks(v, { time, block, before }, type);
      const scores = tf.matMul<tf.Tensor3D>(queries, keys, false, true);
      save([queries, keys, values, scores]);
      const [weights, mass] = fused('WindowSoftmax', settingsOf(scores, shape), [scores], 2) as Pair;
      return [fromBlocks([tf.matMul(weights, values)], { time, block }), mass];
    },
    gradients: (dys, saved) => gradients(dys, saved as unknown as Saved, shape),
  });
}

type Pair = readonly [tf.Tensor3D, tf.Tensor3D];
/** The operands in blocks, queries scaled, and the scores. */
type Saved = readonly [...Operands, tf.Tensor3D];

function gradients(
  [dOutput, dMass]: Pair,
  [queries, keys, values, scores]: Saved,
  shape: WindowBlocks,
): readonly (() => tf.Tensor)[] {
  const { time, block, window: before } = shape;
  const { dy, dScores, weights } = tf.tidy(() => {
    const dy = toBlocks(dOutput, { time, block }, elementTypeOf(values));
    const dWeights = tf.matMul(dy, values, false, true);
    const settings = settingsOf(scores, shape);
    const [dScores, weights] = fused('WindowSoftmaxGradient', settings, [scores, dWeights, dMass], 2) as Pair;
    return { dy, dScores, weights };
  });
  return [
    () => fromBlocks([tf.matMul(dScores, keys)], { time, block, scale: scaleOf(keys) }),
    () => fromBlocks([tf.matMul(dScores, queries, true)], { time, block, before }),
    () => fromBlocks([tf.matMul(weights, dy, true)], { time, block, before }),
  ];
}

function scaleOf(x: tf.Tensor3D): number {
  return 1 / Math.sqrt(x.shape[2]);
}

function settingsOf(scores: tf.Tensor, { time, window, block }: WindowBlocks): Settings {
  return { types: { T: elementTypeOf(scores) }, integers: { time, window, block } };
}
