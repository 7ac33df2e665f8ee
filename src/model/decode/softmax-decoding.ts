import * as tf from '@tensorflow/tfjs';
import { hidden } from '../attention/masks.js';
import type { LayerDecoding } from './layer-decoding.js';

/**
 * Softmax attention with a cache of keys and values: as they are before conversion. The cache grows with the sequence,
 * or up to the model's own sliding window, where it has one.
 */
export function softmaxDecoding(window = Infinity): LayerDecoding {
  return (memory, { q, k, v }) =>
    tf.tidy(() => {
      const keys = joined(memory?.['keys'], k);
      const values = joined(memory?.['values'], v);
      const kept = Math.min(keys.shape[2], window);
      return {
        output: attend(q, { keys, values, window }),
        memory: { keys: lastRows(keys, kept), values: lastRows(values, kept) },
      };
    });
}

function joined(before: tf.Tensor | undefined, fresh: tf.Tensor4D): tf.Tensor4D {
  return before === undefined ? fresh : tf.concat([before as tf.Tensor4D, fresh], 2);
}

function lastRows(x: tf.Tensor4D, rows: number): tf.Tensor4D {
  return tf.slice(x, [0, 0, x.shape[2] - rows, 0], [-1, -1, rows, -1]);
}

interface Seen {
  /** `[batch, keyValueHeads, keys, headSize]`. */
  readonly keys: tf.Tensor4D;
  readonly values: tf.Tensor4D;
  readonly window: number;
}

/** The queries of a key-value head are rows of one product: heads that share keys read them once. */
function attend(q: tf.Tensor4D, { keys, values, window }: Seen): tf.Tensor4D {
  const [batch, heads, fresh, headSize] = q.shape;
  const [, keyValueHeads, all] = keys.shape;
  const group = heads / keyValueHeads;
  const rows = tf.reshape<tf.Rank.R4>(q, [batch, keyValueHeads, group * fresh, headSize]);
  const scores = tf.mul<tf.Tensor4D>(tf.matMul(rows, keys, false, true), 1 / Math.sqrt(headSize));
  const visible =
    fresh === 1 && all <= window ? scores : tf.add<tf.Tensor4D>(scores, mask(group, fresh, { all, window }));
  return tf.reshape(tf.matMul(tf.softmax(visible, -1), values), q.shape);
}

/** 0 where a query sees a key, `hidden` elsewhere: `[group * fresh, all]`. */
function mask(
  group: number,
  fresh: number,
  { all, window }: { readonly all: number; readonly window: number },
): tf.Tensor2D {
  const values = Float32Array.from({ length: group * fresh * all }, (_, index) => {
    const query = all - fresh + (Math.floor(index / all) % fresh);
    const steps = query - (index % all);
    return steps >= 0 && steps < window ? 0 : hidden;
  });
  return tf.tensor2d(values, [group * fresh, all]);
}
