import * as tf from '@tensorflow/tfjs';
import type { Seed } from '../base/seed.js';
import type { ModelConfig } from './config.js';
import { parameterShapes } from './parameters.js';

/**
 * Weights to train from: normal with the given deviation, that of `o_proj` and `down_proj` divided by sqrt(2 layers) so
 * that the residual stream does not grow with depth (GPT-2); norms are one. The caller owns the tensors.
 */
export function initialWeights(config: ModelConfig, deviation: number, seed: Seed): Map<string, tf.Tensor> {
  const weights = new Map<string, tf.Tensor>();
  for (const [name, shape] of parameterShapes(config)) {
    const intoResidual = /(o_proj|down_proj)\.weight$/.test(name);
    const scale = intoResidual ? deviation / Math.sqrt(2 * config.layers) : deviation;
    weights.set(name, shape.length === 1 ? tf.ones([...shape]) : normal(shape, scale, seed.child(name)));
  }
  return weights;
}

function normal(shape: readonly number[], deviation: number, seed: Seed): tf.Tensor {
  const stream = seed.stream();
  const size = shape.reduce((product, axis) => product * axis, 1);
  const values = Float32Array.from({ length: size }, () => deviation * stream.normal());
  return tf.tensor(values, [...shape]);
}
