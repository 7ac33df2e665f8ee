import * as tf from '@tensorflow/tfjs';
import type { ModelConfig } from '../config.js';
import type { NewPositions, SharedTensors } from './layer-decoding.js';
import { chooseRows, type RowChoice } from './write-rows.js';

/** Where one token stands when the window is full: rows of a ring `[keyValueHeads * window, headSize]`. */
export type TokenPlace = RowChoice & {
  /** For each query head the row of the token that leaves the window, int32; the new token is written there. */
  readonly leaving: tf.Tensor1D;
};

/** Whether shared tensors are those of one token behind a full window. */
export function isTokenPlace(shared: SharedTensors): shared is TokenPlace {
  return 'leaving' in shared;
}

/** The place of the token at position `first`, at least `window`. */
export function tokenPlace(first: number, window: number, { heads, keyValueHeads }: ModelConfig): TokenPlace {
  const row = (head: number): number => head * window + (first % window);
  const group = heads / keyValueHeads;
  const leaving = Array.from({ length: heads }, (_, head) => row(Math.floor(head / group)));
  const written = Array.from({ length: keyValueHeads }, (_, head) => row(head));
  return { leaving: tf.tensor1d(leaving, 'int32'), ...chooseRows(written, keyValueHeads * window) };
}

/**
 * Between rings and windows whose oldest token comes first: `order` holds for each token of the window its row in the
 * ring, `ring` for each row of the ring after the new tokens its place in the window.
 */
export function manyPlace(
  { first, fresh }: NewPositions,
  window: number,
  { keyValueHeads }: ModelConfig,
): SharedTensors {
  const remembered = Math.min(first, window);
  const end = first + fresh;
  const kept = Math.min(end, window);
  const ofHeads = (length: number, at: (head: number, index: number) => number): tf.Tensor1D =>
    tf.tensor1d(
      Array.from({ length: keyValueHeads * length }, (_, index) =>
        at(Math.floor(index / length), index % length),
      ),
      'int32',
    );
  return {
    order: ofHeads(remembered, (head, age) => head * window + ((first - remembered + age) % window)),
    ring: ofHeads(window, (head, row) => {
      const age = (((row - (end - kept)) % window) + window) % window;
      // Rows that no token has yet are read by nobody.
      return head * kept + Math.min(age, kept - 1);
    }),
  };
}

/** The window in a ring: `[1, keyValueHeads, remembered, headSize]`, the oldest token first. */
export function windowOf(ring: tf.Tensor2D, { order }: SharedTensors, keyValueHeads: number): tf.Tensor4D {
  const rows = tf.gather(ring, order as tf.Tensor1D);
  return tf.reshape(rows, [1, keyValueHeads, -1, ring.shape[1]]);
}

/** The ring of a window `[1, heads, kept, headSize]` whose heads of one group are equal. */
export function ringOf(window: tf.Tensor4D, { ring }: SharedTensors, keyValueHeads: number): tf.Tensor2D {
  const [, heads, kept, headSize] = window.shape;
  const groups = tf.reshape<tf.Rank.R4>(window, [keyValueHeads, heads / keyValueHeads, kept, headSize]);
  const firsts = tf.slice(groups, [0, 0, 0, 0], [-1, 1, -1, -1]);
  return tf.gather(tf.reshape<tf.Rank.R2>(firsts, [-1, headSize]), ring as tf.Tensor1D);
}
