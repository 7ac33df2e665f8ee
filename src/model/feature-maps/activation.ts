import * as tf from '@tensorflow/tfjs';
import { softmaxGradient } from '../attention/softmax.js';
import { fusedOne } from '../native/fused.js';
import { elementTypeOf } from '../native/operations.js';
import { operation } from '../operation.js';

/** What follows the learned projection u of a feature map. */
export type ActivationName = 'softmax' | 'exp' | 'relu' | 'one_plus_elu' | 'none';

/** From the projection to features. */
export interface Activation {
  /** Whether it sees u and -u (then it gives twice as many features), or u alone. */
  readonly bothSigns: boolean;
  /** Whether it gives numbers above 0 alone, with a slope everywhere. */
  readonly positive: boolean;
  /** Of `[batch, heads, time, size]`, where size is that of u or of [u, -u]. */
  apply(u: tf.Tensor4D): tf.Tensor4D;
  /** What `apply` makes of [u, -u], made of u alone, a factor or not; there where a fused operation does it. */
  fused?(u: tf.Tensor4D): tf.Tensor4D;
}

/** Smallest feature, so that no weight and no denominator is 0 (LoLCATs). */
const smallestFeature = 1e-12;

/** The activations, by name. Formulas: LoLCATs' feature maps; softmax and exp over [u, -u] ("full space"). */
export const activations: Readonly<Record<ActivationName, Activation>> = {
  /** [softmax(u), softmax(-u)], each over the features of one token. */
  softmax: {
    bothSigns: true,
    positive: true,
    apply: (u) => raised(softmaxOfHalves(u)),
    fused: fusedSoftmaxFeatures,
  },
  /** [exp(u - max u), exp(-u + min u)]. */
  exp: { bothSigns: true, positive: true, apply: (u) => raised(expOfHalves(u)) },
  relu: { bothSigns: false, positive: false, apply: (u) => clamped(tf.relu(u)) },
  one_plus_elu: {
    bothSigns: false,
    positive: true,
    apply: (u) => clamped(tf.add<tf.Tensor4D>(tf.elu(u), 1)),
  },
  /** u itself: not clamped, for a clamp would make it relu; its products may be negative. */
  none: { bothSigns: false, positive: false, apply: (u) => tf.clone(u) },
};

/**
 * Close to the clamp for what is positive anyway: it differs by `smallestFeature` at most, and costs one addition and
 * no gradient where the clamp costs five operations.
 */
function raised(x: tf.Tensor4D): tf.Tensor4D {
  return tf.add(x, smallestFeature);
}

/**
 * max(x, smallestFeature) for x >= 0, written with relu, which every backend does fast. Below the clamp the gradient
 * is 0.
 */
function clamped(x: tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() => tf.add(tf.relu(tf.sub<tf.Tensor4D>(x, smallestFeature)), smallestFeature));
}

function fusedSoftmaxFeatures(u: tf.Tensor4D): tf.Tensor4D {
  const types = { T: elementTypeOf(u) };
  return operation<tf.Tensor4D>({
    inputs: [u],
    compute: (save) => {
      const features = fusedOne('SoftmaxFeatures', { types, numbers: { raise: smallestFeature } }, [u]);
      save([features]);
      return features as tf.Tensor4D;
    },
    gradients: (dy, saved) => [() => fusedOne('SoftmaxFeaturesGradient', { types }, [...saved, dy])],
  });
}

/** One row for each half of the last axis. */
function halves(u: tf.Tensor): tf.Tensor2D {
  return tf.reshape(u, [-1, (u.shape.at(-1) ?? 2) / 2]);
}

function softmaxOfHalves(u: tf.Tensor4D): tf.Tensor4D {
  return ofHalves(u, (rows) => tf.softmax(rows, -1), softmaxGradient);
}

function expOfHalves(u: tf.Tensor4D): tf.Tensor4D {
  return ofHalves(
    u,
    (rows) => tf.exp(tf.sub<tf.Tensor2D>(rows, tf.max<tf.Tensor2D>(rows, -1, true))),
    expGradient,
  );
}

/** With y = exp(u - max u): y dy at every feature, less their sum at the largest, which is subtracted from all. */
function expGradient(y: tf.Tensor2D, dy: tf.Tensor2D): tf.Tensor2D {
  return tf.tidy(() => {
    const weighted = tf.mul<tf.Tensor2D>(y, dy);
    const isLargest = tf.cast<tf.Tensor2D>(tf.equal<tf.Tensor2D>(y, tf.max(y, -1, true)), 'float32');
    const share = tf.div<tf.Tensor2D>(isLargest, tf.sum(isLargest, -1, true));
    return tf.sub(weighted, tf.mul(share, tf.sum(weighted, -1, true)));
  });
}

type RowGradient = (y: tf.Tensor2D, dy: tf.Tensor2D) => tf.Tensor2D;

/** A function of each half of the last axis; its gradient is made from its value, so that only that is kept. */
function ofHalves(
  u: tf.Tensor4D,
  rowwise: (rows: tf.Tensor2D) => tf.Tensor2D,
  gradient: RowGradient,
): tf.Tensor4D {
  const operation = tf.customGrad((...given) => {
    const [x, save] = given as unknown as [tf.Tensor4D, tf.GradSaveFunc];
    const value = tf.tidy(() => tf.reshape<tf.Rank.R4>(rowwise(halves(x)), x.shape));
    save([value]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor =>
      tf.tidy(() => tf.reshape(gradient(halves(saved[0] ?? dy), halves(dy)), dy.shape));
    return { value, gradFunc };
  });
  return operation(u);
}
