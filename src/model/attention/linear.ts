import * as tf from '@tensorflow/tfjs';
import { factor, factorLike, product } from '../bfloat16/autocast.js';
import { hasFusedOperations } from '../native/fused.js';
import { operation } from '../operation.js';
import { fusedLinearAttention } from './fused-linear.js';
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
    if (hasFusedOperations()) return fusedBranch(input, chunk);
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

function fusedBranch(
  { queries, keys, values, delay }: LinearInput,
  chunk: number,
): LinearBranch & tf.TensorContainerObject {
  const time = queries.shape[2];
  const operands = [toGroups(queries), toGroups(keys), toGroups(values)] as const;
  const [output, mass] = fusedLinearAttention(operands, {
    time,
    block: Math.min(chunk, time),
    delay,
    epsilon,
  });
  const groups = batchAndHeads(queries);
  return { output: fromGroups(output, groups), mass: fromGroups(mass, groups) };
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
  return operation<tf.Tensor3D>({
    inputs: [q, k, v],
    compute: (save) => {
      const factors: [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D] = [factor(q), factor(k), factor(v)];
      save(factors);
      return forward(factors, shape);
    },
    gradients: (dy, saved) => gradients(dy, saved as unknown as Operands, shape),
  });
}

function forward(operands: Operands, shape: ChunkShape): tf.Tensor3D {
  const [q, k, v] = operands.map((x) => inChunks(x, shape)) as unknown as Operands;
  const inside = product(causalProducts(q, k), v);
  if (shape.chunks === 1) return outOfChunks(inside, shape);
  const past = sumOfStates(k, v, { ...shape, from: 'start' });
  return outOfChunks(tf.add<tf.Tensor3D>(inside, product(q, past)), shape);
}

/** Gradients for queries, keys and values. The states are computed again, and run from the end for the keys. */
function gradients(
  dySequence: tf.Tensor3D,
  operands: Operands,
  shape: ChunkShape,
): readonly (() => tf.Tensor3D)[] {
  const [q, k, v] = operands.map((x) => inChunks(x, shape)) as unknown as Operands;
  const dy = factorLike(inChunks(dySequence, shape), v);
  const dProducts = causalProducts(dy, v);
  const future = sumOfStates(q, dy, { ...shape, from: 'end' });
  const past = (): tf.Tensor3D => sumOfStates(k, v, { ...shape, from: 'start' });
  const sum = (inside: tf.Tensor3D, across: tf.Tensor3D): tf.Tensor3D =>
    outOfChunks(tf.add<tf.Tensor3D>(inside, across), shape);
  return [
    () => sum(product(dProducts, k), product(dy, past(), false, true)),
    () => sum(product(dProducts, q, true), product(v, future, false, true)),
    () => sum(product(causalProducts(q, k), dy, true), product(k, future)),
  ];
}

/** `[groups, time, size]` to `[groups * chunks, chunk, size]`, zeros behind the end. */
function inChunks(x: tf.Tensor3D, { time, chunk, chunks }: ChunkShape): tf.Tensor3D {
  return tf.reshape(padTime(x, 0, chunks * chunk - time), [-1, chunk, x.shape[2]]);
}

function outOfChunks(x: tf.Tensor3D, { time, chunk, chunks }: ChunkShape): tf.Tensor3D {
  return timeSlice(tf.reshape(x, [-1, chunks * chunk, x.shape[2]]), 0, time);
}

/** Products of each row of `a` with the rows of `b` at or before it, inside each chunk, as a factor. */
function causalProducts(a: tf.Tensor3D, b: tf.Tensor3D): tf.Tensor3D {
  const chunk = a.shape[1];
  const products = tf.matMul<tf.Tensor3D>(a, b, false, true);
  return tf.mul(products, causalOnes(chunk, chunk, 0, products));
}

/** For each chunk the sum of aᵀ b of the chunks before it, or behind it: added up in float32, as a factor. */
function sumOfStates(
  a: tf.Tensor3D,
  b: tf.Tensor3D,
  { chunks, from }: ChunkShape & Pick<RunningSum, 'from'>,
): tf.Tensor3D {
  const states = product(a, b, true);
  const [, rows, columns] = states.shape;
  const perGroup = tf.reshape<tf.Rank.R3>(states, [-1, chunks, rows * columns]);
  return factorLike(tf.reshape(runningSum(perGroup, { from, own: false }), states.shape), a);
}
