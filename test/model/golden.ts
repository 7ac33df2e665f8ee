import * as tf from '@tensorflow/tfjs';
import type { LayerTensors } from '../../src/model/feature-maps/feature-map.js';

/** The sequence of the published golden values: five tokens, one head of two dimensions. */
export function goldenSequence(): {
  readonly q: tf.Tensor4D;
  readonly k: tf.Tensor4D;
  readonly v: tf.Tensor4D;
} {
  const rows = (value: (i: number, j: number) => number): tf.Tensor4D =>
    tf.tensor4d(
      [0, 1, 2, 3, 4].flatMap((i) => [value(i, 0), value(i, 1)]),
      [1, 1, 5, 2],
    );
  return {
    q: rows((i, j) => Math.sin(i + 0.3 * j + 0.1)),
    k: rows((i, j) => Math.cos(0.7 * i - 0.4 * j)),
    v: rows((i, j) => (j === 0 ? 0.1 * (i + 1) : -0.1 * (i + 1) + 0.05)),
  };
}

/** Identity projections for one head of the given size. */
export function identityMaps(size: number): LayerTensors {
  const eye = tf.reshape(tf.eye(size), [1, size, size]);
  return { 'query.weight': eye, 'key.weight': eye.clone() };
}

/** The last token's output of the only head. */
export function lastToken(x: tf.Tensor4D): number[] {
  return [...tf.slice(x, [0, 0, x.shape[2] - 1, 0], [1, 1, 1, -1]).dataSync()];
}
