import * as tf from '@tensorflow/tfjs';
import { factor, factorLike, product } from '../bfloat16/autocast.js';
import { hasFusedOperations } from '../native/fused.js';
import { fusedWindowAttention } from './fused-window.js';
import { batchAndHeads, fromGroups, padTime, timeSlice, toGroups } from './groups.js';
import { blockedWindowMask } from './masks.js';
import { scaledQueries, softmaxGradient } from './softmax.js';

/** What sliding-window softmax attention gives. */
export interface WindowBranch {
  /** Normalised over the window: `[batch, heads, time, valueDim]`. */
  readonly output: tf.Tensor4D;
  /** Sum of `exp(s_ij - max_j s_ij)` over the window, `[batch, heads, time, 1]`; there where asked for. */
  readonly mass?: tf.Tensor4D;
}

/** Queries of one block; each block sees its own keys and the `window` keys before it. */
export const smallestBlock = 32;

export interface WindowOptions {
  /** Keys that a query sees, its own included. */
  readonly window: number;
  /** Whether to give the mass too. Its gradient includes the row maximum's, which is no free shift there. */
  readonly mass: boolean;
}

/**
 * Sliding-window softmax attention in blocks: time and memory linear in the length. Equal to `naiveWindowAttention`.
 * The caller disposes the tensors.
 */
export function windowAttention(
  q: tf.Tensor4D,
  k: tf.Tensor4D,
  v: tf.Tensor4D,
  { window, mass }: WindowOptions,
): WindowBranch {
  return tf.tidy(() => {
    const [, , time, valueDim] = v.shape;
    // A window longer than the sequence sees what one of its length sees.
    const shape = blockShape(time, Math.min(window, time));
    const operands = [toGroups(q), toGroups(k), toGroups(v)] as const;
    const groups = batchAndHeads(q);
    if (hasFusedOperations()) {
      const [output, sums] = fusedWindowAttention(operands, shape);
      return { output: fromGroups(output, groups), ...(mass && { mass: fromGroups(sums, groups) }) };
    }
    const packed = attend(operands, shape, mass);
    const all = fromGroups(packed, groups);
    if (!mass) return { output: all };
    return {
      output: tf.slice(all, [0, 0, 0, 0], [-1, -1, -1, valueDim]),
      mass: tf.slice(all, [0, 0, 0, valueDim], [-1, -1, -1, 1]),
    };
  });
}

interface BlockShape {
  readonly time: number;
  readonly window: number;
  readonly block: number;
  readonly blocks: number;
}

function blockShape(time: number, window: number): BlockShape {
  const block = Math.min(Math.max(window, smallestBlock), time);
  return { time, window, block, blocks: Math.ceil(time / block) };
}

/** Scaled queries, keys and values, as factors of products. */
type Operands = readonly [q: tf.Tensor3D, k: tf.Tensor3D, v: tf.Tensor3D];

/** Output and, behind it on the last axis, the mass: one tensor, because a custom gradient has one value. */
function attend(given: readonly tf.Tensor3D[], shape: BlockShape, mass: boolean): tf.Tensor3D {
  const operation = tf.customGrad((...given) => {
    const [q, k, v, save] = given as unknown as [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D, tf.GradSaveFunc];
    const factors = [scaledQueries(q), factor(k), factor(v)] as const;
    const value = tf.tidy(() => {
      const { weights, values } = blocked(factors, shape);
      const output = product(factorLike(weights, values), values);
      return unblocked(mass ? tf.concat([output, massOf(weights)], -1) : output, shape);
    });
    save([...factors]);
    return {
      value,
      gradFunc: (dy, saved) => gradients(dy as tf.Tensor3D, saved as unknown as Operands, { ...shape, mass }),
    };
  });
  return operation(...given) as tf.Tensor3D;
}

/** The largest weight of a row belongs to the maximum, whose exponential is 1: it is 1 / mass. */
function massOf(weights: tf.Tensor3D): tf.Tensor3D {
  return tf.reciprocal(tf.max<tf.Tensor3D>(weights, -1, true));
}

interface Blocked {
  /** `[groups * blocks, block, keyDim]`. */
  readonly queries: tf.Tensor3D;
  /** `[groups * blocks, window + block, keyDim]`. */
  readonly keys: tf.Tensor3D;
  readonly values: tf.Tensor3D;
  /** Softmax over the window, `[groups * blocks, block, window + block]`, in float32. */
  readonly weights: tf.Tensor3D;
}

function blocked([q, k, v]: Operands, shape: BlockShape): Blocked {
  const { block, blocks, window } = shape;
  const queries = inBlocks(q, shape);
  const keys = withPrevious(k, shape);
  const scores = product(queries, keys, false, true);
  const perGroup = tf.reshape(scores, [-1, blocks, block, window + block]);
  const visible = tf.add(perGroup, tf.expandDims(blockedWindowMask(blocks, block, window), 0));
  const weights = tf.softmax(tf.reshape<tf.Rank.R3>(visible, [-1, block, window + block]), -1);
  return { queries, keys, values: withPrevious(v, shape), weights };
}

function inBlocks(x: tf.Tensor3D, { time, block, blocks }: BlockShape): tf.Tensor3D {
  return tf.reshape(padTime(x, 0, blocks * block - time), [-1, block, x.shape[2]]);
}

function unblocked(x: tf.Tensor3D, { time, block, blocks }: BlockShape): tf.Tensor3D {
  return timeSlice(tf.reshape(x, [-1, blocks * block, x.shape[2]]), 0, time);
}

/** Each block's rows behind the `window` rows before it: `[groups * blocks, window + block, size]`. */
function withPrevious(x: tf.Tensor3D, shape: BlockShape): tf.Tensor3D {
  const { block, blocks, window } = shape;
  const size = x.shape[2];
  const own = inBlocks(x, shape);
  const perGroup = tf.reshape(own, [-1, blocks, block, size]);
  const tails = tf.slice(perGroup, [0, 0, block - window, 0], [-1, blocks - 1, window, -1]);
  const before = tf.pad(tails, [
    [0, 0],
    [1, 0],
    [0, 0],
    [0, 0],
  ]);
  return tf.concat([tf.reshape(before, [-1, window, size]), own], 1);
}

/** The transpose of `withPrevious`: what flows back to each row from its own block and from the next. */
function addToPrevious(x: tf.Tensor3D, shape: BlockShape): tf.Tensor3D {
  const { block, blocks, window } = shape;
  const size = x.shape[2];
  const own = tf.slice(x, [0, window, 0], [-1, block, -1]);
  const tails = tf.reshape(tf.slice(x, [0, 0, 0], [-1, window, -1]), [-1, blocks, window, size]);
  const fromNext = tf.pad(tf.slice(tails, [0, 1, 0, 0], [-1, blocks - 1, -1, -1]), [
    [0, 0],
    [0, 1],
    [block - window, 0],
    [0, 0],
  ]);
  return unblocked(tf.add(own, tf.reshape(fromNext, own.shape)), shape);
}

/** Gradients for queries, keys and values; the weights are computed again. */
function gradients(
  dy: tf.Tensor3D,
  operands: Operands,
  shape: BlockShape & { readonly mass: boolean },
): tf.Tensor3D[] {
  return tf.tidy(() => {
    const [q, , v] = operands;
    const { queries, keys, values, weights } = blocked(operands, shape);
    const dOutput = inBlocks(shape.mass ? tf.slice(dy, [0, 0, 0], [-1, -1, v.shape[2]]) : dy, shape);
    const dRows = factorLike(dOutput, values);
    const throughOutput = softmaxGradient(weights, product(dRows, values, false, true));
    const slopes = shape.mass
      ? tf.add<tf.Tensor3D>(
          throughOutput,
          throughMass(weights, inBlocks(tf.slice(dy, [0, 0, v.shape[2]]), shape)),
        )
      : throughOutput;
    const dScores = factorLike(slopes, keys);
    return [
      tf.mul(unblocked(product(dScores, keys), shape), 1 / Math.sqrt(q.shape[2])),
      addToPrevious(product(dScores, queries, true), shape),
      addToPrevious(product(factorLike(weights, dRows), dRows, true), shape),
    ];
  });
}

/**
 * The mass is sum exp(s - max s): its derivative is exp(s_j - max s) at every key, less the whole mass at the maximum,
 * which every term is divided by. Keys that share the maximum share it.
 */
function throughMass(weights: tf.Tensor3D, dMass: tf.Tensor3D): tf.Tensor3D {
  const largest = tf.max<tf.Tensor3D>(weights, -1, true);
  const isLargest = tf.cast<tf.Tensor3D>(tf.equal<tf.Tensor3D>(weights, largest), 'float32');
  const share = tf.div<tf.Tensor3D>(isLargest, tf.sum(isLargest, -1, true));
  const scaled = tf.mul<tf.Tensor3D>(tf.reciprocal(largest), dMass);
  return tf.mul<tf.Tensor3D>(tf.sub(weights, share), scaled);
}
