import * as tf from '@tensorflow/tfjs';
import { hidden } from '../attention/masks.js';
import { autocast, factor, factorLike, product } from '../bfloat16/autocast.js';
import type { Precision } from '../bfloat16/precision.js';
import type { ModelConfig } from '../config.js';
import type { LayerQkv } from '../transformer.js';
import { headMatrices, headRows, queryMatrices } from './head-rows.js';
import type { LayerDecoding, LayerMemory, NewPositions, SharedTensors } from './layer-decoding.js';
import { sideBySide, type Part } from './side-by-side.js';
import { chooseRun, writeRows, type RowChoice } from './write-rows.js';

/** A cache grows by so many tokens at least, so that its shape, and with it the work on it, stays the same for long. */
const leastGrowth = 256;

/** How the cache remembers. */
export interface CacheOptions {
  /** The model's own sliding window, where it has one. */
  readonly window?: number | undefined;
  /** How keys and values are kept, and multiplied. */
  readonly precision?: Precision;
}

/**
 * Softmax attention with a cache of keys and values: as they are before conversion. The cache grows with the sequence,
 * or up to the model's own sliding window; then the latest tokens take the room of the oldest.
 */
export function softmaxDecoding({
  window = Infinity,
  precision = 'float32',
}: CacheOptions = {}): LayerDecoding {
  return {
    shared: (positions, config) => sharedTensors({ ...positions, window }, config),
    attend: (memory, tokens, { shared }) =>
      tf.tidy(() => {
        const [k, v] = autocast(precision, () => [factor(tokens.k), factor(tokens.v)]);
        const keys = remembered(memory?.['keys'], k, shared);
        const values = remembered(memory?.['values'], v, shared);
        return { output: attend(tokens, { keys, values }, shared), memory: { keys, values } };
      }),
  };
}

type Positions = NewPositions & { readonly window: number };

/** `mask` is `[fresh, capacity]`: 0 where a query sees a token of the cache, `hidden` elsewhere. */
function sharedTensors(positions: Positions, { keyValueHeads }: ModelConfig): SharedTensors {
  const capacity = capacityFor(positions);
  const { first, fresh } = positions;
  const run = { parts: keyValueHeads, size: capacity, first: first % capacity, count: fresh };
  return { mask: mask(positions, capacity), ...chooseRun(run) };
}

/** Tokens that a cache has room for. Beside a sliding window it needs some for the tokens that come at once. */
function capacityFor({ first, fresh, window }: Positions): number {
  const largest = window === Infinity ? Infinity : inBlocks(window + leastGrowth);
  return Math.min(inBlocks(first + fresh), largest);
}

/** Room for so many tokens, in blocks of a sixteenth to an eighth of them. */
function inBlocks(tokens: number): number {
  const block = Math.max(leastGrowth, 2 ** Math.floor(Math.log2(tokens)) / 8);
  return Math.ceil(tokens / block) * block;
}

function mask({ first, fresh, window }: Positions, capacity: number): tf.Tensor2D {
  const last = first + fresh - 1;
  const values = Float32Array.from({ length: fresh * capacity }, (_, index) => {
    const query = first + Math.floor(index / capacity);
    // The latest position that is kept in this row of the cache.
    const key = last - ((((last - index) % capacity) + capacity) % capacity);
    const steps = query - key;
    return key >= 0 && steps >= 0 && steps < window ? 0 : hidden;
  });
  return tf.tensor2d(values, [fresh, capacity]);
}

/** Keys or values of all heads with the new ones among them: `[keyValueHeads * capacity, headSize]`. */
function remembered(
  before: LayerMemory[string] | undefined,
  fresh: tf.Tensor4D,
  shared: SharedTensors,
): tf.Tensor2D {
  const [, heads, , headSize] = fresh.shape;
  const shape = [heads, shared['mask']?.shape[1] ?? 0, headSize] as const;
  const table = withRoom(
    (before as tf.Tensor2D | undefined) ?? factorLike(tf.zeros([0, headSize]), fresh),
    shape,
  );
  return writeRows(table, shared as RowChoice, headRows(fresh));
}

function withRoom(
  before: tf.Tensor2D,
  [heads, capacity, headSize]: readonly [number, number, number],
): tf.Tensor2D {
  const old = before.shape[0] / heads;
  if (old === capacity) return before;
  const room = factorLike(tf.zeros<tf.Rank.R3>([heads, capacity - old, headSize]), before);
  return tf.reshape(tf.concat([headMatrices(before, heads), room], 1), [-1, headSize]);
}

interface Cache {
  readonly keys: tf.Tensor2D;
  readonly values: tf.Tensor2D;
}

function attend({ q, k }: LayerQkv, { keys, values }: Cache, shared: SharedTensors): tf.Tensor4D {
  const [, heads, fresh, headSize] = q.shape;
  const keyValueHeads = k.shape[1];
  const queries = tf.mul<tf.Tensor4D>(q, 1 / Math.sqrt(headSize));
  const mask = shared['mask'] as tf.Tensor2D;
  const operands: GroupedHeads = {
    queries: queryMatrices(queries, keyValueHeads),
    keys: headMatrices(keys, keyValueHeads),
    values: headMatrices(values, keyValueHeads),
    mask: fresh === 1 ? mask : tf.tile(mask, [heads / keyValueHeads, 1]),
  };
  const outputs = sideBySide(keyValueHeads).map((part) => attendHeads(headsOf(operands, part)));
  return tf.reshape(tf.concat(outputs, 0), q.shape);
}

/** `[keyValueHeads, …, headSize]`, and the mask of the rows of queries. */
interface GroupedHeads {
  readonly queries: tf.Tensor3D;
  readonly keys: tf.Tensor3D;
  readonly values: tf.Tensor3D;
  readonly mask: tf.Tensor2D;
}

function headsOf({ queries, keys, values, mask }: GroupedHeads, { start, count }: Part): GroupedHeads {
  const taken = (x: tf.Tensor3D): tf.Tensor3D =>
    count === x.shape[0] ? x : tf.slice(x, [start, 0, 0], [count, -1, -1]);
  return { queries: taken(queries), keys: taken(keys), values: taken(values), mask };
}

function attendHeads({ queries, keys, values, mask }: GroupedHeads): tf.Tensor3D {
  const scores = product(queries, keys, false, true);
  return product(tf.softmax(tf.add<tf.Tensor3D>(scores, mask), -1), values);
}
