import * as tf from '@tensorflow/tfjs';
import type { AttentionInput } from '../attention/attention.js';
import { causalMask } from '../attention/masks.js';

/**
 * Softmax over the first `count` keys alone, causally: what attention sinks do without either branch.
 * `[batch, heads, time, valueDim]`; the caller disposes it.
 */
export function sinkAttention({ q, k, v }: Omit<AttentionInput, 'layer'>, count: number): tf.Tensor4D {
  return tf.tidy(() => {
    const [, , time, keyDim] = q.shape;
    const keys = Math.min(count, time);
    const first = (x: tf.Tensor4D): tf.Tensor4D => tf.slice(x, [0, 0, 0, 0], [-1, -1, keys, -1]);
    const scores = tf.mul(tf.matMul(q, first(k), false, true), 1 / Math.sqrt(keyDim));
    const visible = tf.add<tf.Tensor4D>(scores, causalMask({ start: 0, rows: time, keys }));
    return tf.matMul(tf.softmax(visible, -1), first(v));
  });
}
