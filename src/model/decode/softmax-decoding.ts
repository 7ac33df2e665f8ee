import * as tf from '@tensorflow/tfjs';
import { hidden } from '../attention/masks.js';
import type { ModelConfig } from '../config.js';
import type { LayerQkv } from '../transformer.js';
import type { LayerDecoding, LayerMemory, NewPositions, SharedTensors } from './layer-decoding.js';
import { chooseRun, writeRows, type RowChoice } from './write-rows.js';

/** A cache grows by so many tokens at least, so that its shape, and with it the work on it, stays the same for long. */
const leastGrowth = 256;

/**
 * Softmax attention with a cache of keys and values: as they are before conversion. The cache grows with the sequence,
 * or up to the model's own sliding window, where it has one; then the latest tokens take the room of the oldest.
 */
export function softmaxDecoding(window = Infinity): LayerDecoding {
  return {
    shared: (positions, config) => sharedTensors({ ...positions, window }, config),
    attend: (memory, tokens, { shared }) =>
      tf.tidy(() => {
        const keys = remembered(memory?.['keys'], tokens.k, shared);
        const values = remembered(memory?.['values'], tokens.v, shared);
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
  const table = withRoom(before as tf.Tensor2D | undefined, [heads, shared['mask']?.shape[1] ?? 0, headSize]);
  return writeRows(table, shared as RowChoice, tf.reshape(fresh, [-1, headSize]));
}

function withRoom(
  before: tf.Tensor2D | undefined,
  [heads, capacity, headSize]: [number, number, number],
): tf.Tensor2D {
  if (before === undefined) return tf.zeros([heads * capacity, headSize]);
  const old = before.shape[0] / heads;
  if (old === capacity) return before;
  const rows = tf.reshape<tf.Rank.R3>(before, [heads, old, headSize]);
  return tf.reshape(tf.concat([rows, tf.zeros<tf.Rank.R3>([heads, capacity - old, headSize])], 1), [
    -1,
    headSize,
  ]);
}

interface Cache {
  readonly keys: tf.Tensor2D;
  readonly values: tf.Tensor2D;
}

/** The queries of a key-value head are rows of one product: heads that share keys read them once. */
function attend({ q, k }: LayerQkv, { keys, values }: Cache, shared: SharedTensors): tf.Tensor4D {
  const [, heads, fresh, headSize] = q.shape;
  const keyValueHeads = k.shape[1];
  const group = heads / keyValueHeads;
  const ofHeads = (table: tf.Tensor2D): tf.Tensor3D => tf.reshape(table, [keyValueHeads, -1, headSize]);
  const queries = tf.mul<tf.Tensor4D>(q, 1 / Math.sqrt(headSize));
  const rows = tf.reshape<tf.Rank.R3>(queries, [keyValueHeads, group * fresh, headSize]);
  const scores = tf.matMul(rows, ofHeads(keys), false, true);
  const mask = shared['mask'] as tf.Tensor2D;
  const visible = tf.add<tf.Tensor3D>(scores, fresh === 1 ? mask : tf.tile(mask, [group, 1]));
  return tf.reshape(tf.matMul(tf.softmax(visible, -1), ofHeads(values)), q.shape);
}
