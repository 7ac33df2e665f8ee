import * as tf from '@tensorflow/tfjs';
import type { RandomStream, Seed } from '../../base/seed.js';
import { InternalError } from '../../base/unreachable.js';
import { hasFusedOperations } from '../native/fused.js';
import { activations, type ActivationName } from './activation.js';
import type { FeatureMap, HeadShape, LayerTensors } from './feature-map.js';
import { headProjection, rawHeadProjection } from './head-projection.js';

/** What a Hedgehog map is made of. */
export interface HedgehogOptions {
  readonly activation: ActivationName;
  /** Columns of the projection; the head size where absent (square). softmax and exp give twice as many features. */
  readonly size?: number;
  /** Standard deviation of the normal noise that is added to the identity at the start. */
  readonly noise: number;
}

/**
 * A learned projection per head, separate for queries and keys, then an activation (Zhang et al. 2024). It starts as
 * the identity plus noise; a size below the head size keeps the first dimensions, a larger one adds noise alone.
 */
export function hedgehog(options: HedgehogOptions): FeatureMap {
  const activation = activations[options.activation];
  const features = (x: tf.Tensor4D, weight: tf.Tensor3D): tf.Tensor4D =>
    tf.tidy(() => {
      if (activation.fused !== undefined && hasFusedOperations())
        return activation.fused(rawHeadProjection(x, weight));
      return activation.apply(
        headProjection(x, activation.bothSigns ? tf.concat([weight, tf.neg(weight)], 2) : weight),
      );
    });
  return {
    positive: activation.positive,
    parameters: (shape, seed) => initial(shape, seed, options),
    queries: (q, parameters) => features(q, projection(parameters, 'query.weight')),
    keys: (k, parameters) => features(k, projection(parameters, 'key.weight')),
  };
}

function initial(
  { heads, headSize }: HeadShape,
  seed: Seed,
  { size = headSize, noise }: HedgehogOptions,
): LayerTensors {
  const weight = (name: string): tf.Tensor3D => {
    const random = seed.child(name).stream();
    return tf.tensor3d(identityPlusNoise([heads, headSize, size], noise, random), [heads, headSize, size]);
  };
  return { 'query.weight': weight('query.weight'), 'key.weight': weight('key.weight') };
}

function identityPlusNoise(
  [heads, rows, columns]: readonly [number, number, number],
  noise: number,
  random: RandomStream,
): Float32Array {
  return Float32Array.from({ length: heads * rows * columns }, (_, index) => {
    const row = Math.floor(index / columns) % rows;
    return (row === index % columns ? 1 : 0) + noise * random.normal();
  });
}

function projection(parameters: LayerTensors, name: string): tf.Tensor3D {
  const weight = parameters[name];
  if (!weight) throw new InternalError(`the hedgehog feature map has no tensor "${name}"`);
  return weight as tf.Tensor3D;
}
