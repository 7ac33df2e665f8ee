import * as tf from '@tensorflow/tfjs';
import type { LinearBranch } from '../attention/linear.js';
import { hasOutsideKey } from '../attention/masks.js';
import type { WindowBranch } from '../attention/window.js';
import type { Conversion } from './conversion.js';

/** How much of one layer's output comes from the linear branch, over queries that have a linear key. */
export interface LinearShare {
  readonly layer: number;
  /** 1 - mean g: LoLCATs' share of attention mass in the joint mix; the constant 1 - g in a fixed one. */
  readonly byWeight: tf.Scalar;
  /** Mean of |(1 - g) LA| / (|(1 - g) LA| + |g SWA|): says something where g is fixed. */
  readonly byNorm: tf.Scalar;
}

/** Takes one layer's share and disposes its tensors. */
export type ShareObserver = (share: LinearShare) => void;

interface Mixed {
  readonly layer: number;
  /** The window's weight g, broadcasting to `[batch, heads, time, 1]`. */
  readonly weight: tf.Tensor4D;
  readonly window: WindowBranch;
  readonly linear: LinearBranch;
  readonly conversion: Conversion;
}

const epsilon = 1e-12;

/** Computes the share of one layer and hands it over. Says nothing where no query has a linear key. */
export function reportShare(
  observe: ShareObserver,
  { layer, weight, window, linear, conversion }: Mixed,
): void {
  const time = linear.mass.shape[2];
  if (conversion.linearScope === 'outside_window' && time <= conversion.window) return;
  const [byWeight, byNorm] = tf.tidy((): [tf.Scalar, tf.Scalar] => {
    const linearWeight = tf.sub<tf.Tensor4D>(tf.onesLike(linear.mass), weight);
    const fromLinear = norm(tf.mul(linear.output, linearWeight));
    const fromWindow = norm(tf.mul(window.output, weight));
    const shares = tf.div<tf.Tensor4D>(fromLinear, tf.add(tf.add(fromLinear, fromWindow), epsilon));
    return [meanWhereSeen(linearWeight, conversion), meanWhereSeen(shares, conversion)];
  });
  observe({ layer, byWeight: tf.keep(byWeight), byNorm: tf.keep(byNorm) });
}

function norm(x: tf.Tensor): tf.Tensor4D {
  return tf.sqrt(tf.sum<tf.Tensor4D>(tf.square(x), -1, true));
}

function meanWhereSeen(x: tf.Tensor4D, { linearScope, window }: Conversion): tf.Scalar {
  if (linearScope === 'all') return tf.mean(x);
  const time = x.shape[2];
  return tf.div(tf.mean(tf.mul(x, hasOutsideKey(time, window))), (time - window) / time);
}
