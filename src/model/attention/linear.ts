import * as tf from '@tensorflow/tfjs';
import { batchAndHeads, delay, fromGroups, padTime, timeSlice, toGroups } from './groups.js';
import { causalOnes } from './masks.js';
import { runningSum, type RunningSum } from './running-sum.js';

/** What linear attention sees, after the feature map. */
export interface LinearInput {
  /** `[batch, heads, time, features]`. */
  readonly queries: tf.Tensor4D;
  /** `[batch, heads, time, features]`. */
  readonly keys: tf.Tensor4D;
  /** `[batch, heads, time, valueDim]`. */
  readonly values: tf.Tensor4D;
  /** Keys this many steps before the query, and earlier ones, are seen: 0 for all, the window for those outside it. */
  readonly delay: number;
}

/** What linear attention gives. */
export interface LinearBranch {
  /** Normalised: `[batch, heads, time, valueDim]`; zeros where a query has no key. */
  readonly output: tf.Tensor4D;
  /** Sum of `phi(q_i) . phi(k_j)` over its keys: `[batch, heads, time, 1]`. */
  readonly mass: tf.Tensor4D;
}

/** Added to the denominator, so that a query without keys gives 0 and not 0/0 (LoLCATs' pure linear form). */
const epsilon = 1e-12;

/** Tokens whose products with one another are computed as a matrix; the rest of the past comes as a state. */
export const chunkLength = 64;

/**
 * Causal linear attention in chunks: time linear in the length, memory one matrix a chunk. Equal to
 * `naiveLinearAttention` in values and gradients. The caller disposes the tensors.
 */
export function linearAttention(input: LinearInput, chunk = chunkLength): LinearBranch {
  return tf.tidy(() => {
    const { queries, values } = input;
    const keys = delay(toGroups(input.keys), input.delay);
    // A column of ones carries the sum of the weights along with the weighted sum of the values.
    const withOnes = tf.concat(
      [values, tf.ones([...values.shape.slice(0, 3), 1] as [number, number, number, number])],
      -1,
    );
    const packed = attend(
      toGroups(queries),
      keys,
      delay(toGroups(withOnes as tf.Tensor4D), input.delay),
      chunk,
    );
    const sums = fromGroups(packed, batchAndHeads(queries));
    const valueDim = values.shape[3];
    const mass = tf.slice(sums, [0, 0, 0, valueDim], [-1, -1, -1, 1]);
    return { output: normalised(tf.slice(sums, [0, 0, 0, 0], [-1, -1, -1, valueDim]), mass), mass };
  });
}

/** Weighted sums over the sum of their weights; 0 where there are no weights. */
export function normalised(sums: tf.Tensor4D, mass: tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() => tf.div<tf.Tensor4D>(sums, tf.add(mass, epsilon)));
}

/** How a sequence lies in chunks. */
interface ChunkShape {
  readonly time: number;
  readonly chunk: number;
  readonly chunks: number;
}

type Operands = readonly [q: tf.Tensor3D, k: tf.Tensor3D, v: tf.Tensor3D];

/** Sum over j <= i of (q_i . k_j) v_j. */
function attend(q: tf.Tensor3D, k: tf.Tensor3D, v: tf.Tensor3D, longest: number): tf.Tensor3D {
  const time = q.shape[1];
  const chunk = Math.min(longest, time);
  const shape = { time, chunk, chunks: Math.ceil(time / chunk) };
  const operation = tf.customGrad((...given) => {
    const [queries, keys, values, save] = given as unknown as [...Operands, tf.GradSaveFunc];
    const value = tf.tidy(() => forward([queries, keys, values], shape));
    save([queries, keys, values]);
    return {
      value,
      gradFunc: (dy, saved) => gradients(dy as tf.Tensor3D, saved as unknown as Operands, shape),
    };
  });
  return operation(q, k, v) as tf.Tensor3D;
}

function forward(operands: Operands, shape: ChunkShape): tf.Tensor3D {
  const [q, k, v] = operands.map((x) => inChunks(x, shape)) as unknown as Operands;
  const inside = tf.matMul<tf.Tensor3D>(causalProducts(q, k), v);
  if (shape.chunks === 1) return outOfChunks(inside, shape);
  const past = sumOfStates(tf.matMul(k, v, true), shape, 'start');
  return outOfChunks(tf.add<tf.Tensor3D>(inside, tf.matMul(q, past)), shape);
}

/** Gradients for queries, keys and values. The states are computed again, and run from the end for the keys. */
function gradients(dySequence: tf.Tensor3D, operands: Operands, shape: ChunkShape): tf.Tensor3D[] {
  return tf.tidy(() => {
    const [q, k, v] = operands.map((x) => inChunks(x, shape)) as unknown as Operands;
    const dy = inChunks(dySequence, shape);
    const products = causalProducts(q, k);
    const dProducts = causalProducts(dy, v);
    const inside: Operands = [
      tf.matMul(dProducts, k),
      tf.matMul(dProducts, q, true),
      tf.matMul(products, dy, true),
    ];
    if (shape.chunks === 1) return inside.map((x) => outOfChunks(x, shape));
    const past = sumOfStates(tf.matMul(k, v, true), shape, 'start');
    const future = sumOfStates(tf.matMul(q, dy, true), shape, 'end');
    const across: Operands = [
      tf.matMul(dy, past, false, true),
      tf.matMul(v, future, false, true),
      tf.matMul(k, future),
    ];
    return inside.map((x, index) => outOfChunks(tf.add(x, across[index] as tf.Tensor3D), shape));
  });
}

/** `[groups, time, size]` to `[groups * chunks, chunk, size]`, zeros behind the end. */
function inChunks(x: tf.Tensor3D, { time, chunk, chunks }: ChunkShape): tf.Tensor3D {
  return tf.reshape(padTime(x, 0, chunks * chunk - time), [-1, chunk, x.shape[2]]);
}

function outOfChunks(x: tf.Tensor3D, { time, chunk, chunks }: ChunkShape): tf.Tensor3D {
  return timeSlice(tf.reshape(x, [-1, chunks * chunk, x.shape[2]]), 0, time);
}

/** Products of each row of `a` with the rows of `b` at or before it, inside each chunk. */
function causalProducts(a: tf.Tensor3D, b: tf.Tensor3D): tf.Tensor3D {
  const chunk = a.shape[1];
  return tf.mul(tf.matMul(a, b, false, true), causalOnes(chunk, chunk, 0));
}

/** For each chunk the sum of the states of the chunks before it, or behind it. */
function sumOfStates(states: tf.Tensor3D, { chunks }: ChunkShape, from: RunningSum['from']): tf.Tensor3D {
  const [, rows, columns] = states.shape;
  const perGroup = tf.reshape<tf.Rank.R3>(states, [-1, chunks, rows * columns]);
  return tf.reshape(runningSum(perGroup, { from, own: false }), states.shape);
}
