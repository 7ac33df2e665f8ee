import * as tf from '@tensorflow/tfjs';
import type { Seed } from '../base/seed.js';
import type { Adapter } from './adapter.js';
import type { ModelConfig } from './config.js';
import { lowRankAdapters, lowRankNames, mergedWeight } from './low-rank.js';
import { parameterShapes, projectionName, type Projection } from './parameters.js';

/** What LoRA adapts, and how strongly. */
export interface LowRankSettings {
  readonly rank: number;
  /** What is added is scaled by alpha / rank. */
  readonly alpha: number;
  readonly targets: readonly Projection[];
}

/** LoRA (Hu et al. 2021): A uniform within 1 / sqrt(in), as its reference implementation has it, and B zero. */
export function lowRankAdapter({ rank, alpha, targets }: LowRankSettings): Adapter {
  const scale = alpha / rank;
  return {
    parameters: (config, seed) => initial(config, seed, { rank, targets }),
    apply: (trained) => lowRankAdapters(trained, scale),
    merge: (projection, weight, trained) => mergedWeight(projection, weight, trained, scale),
  };
}

function initial(
  config: ModelConfig,
  seed: Seed,
  { rank, targets }: Pick<LowRankSettings, 'rank' | 'targets'>,
): Map<string, tf.Tensor> {
  const shapes = parameterShapes(config);
  const tensors = new Map<string, tf.Tensor>();
  for (let layer = 0; layer < config.layers; layer += 1) {
    for (const target of targets) {
      const name = projectionName(layer, target);
      const [outSize = 0, inSize = 0] = shapes.get(`${name}.weight`) ?? [];
      const names = lowRankNames(name);
      tensors.set(names.a, uniform([inSize, rank], 1 / Math.sqrt(inSize), seed.child(names.a)));
      tensors.set(names.b, tf.zeros([rank, outSize]));
    }
  }
  return tensors;
}

function uniform([rows, columns]: readonly [number, number], bound: number, seed: Seed): tf.Tensor2D {
  const random = seed.stream();
  const values = Float32Array.from({ length: rows * columns }, () => bound * (2 * random.next() - 1));
  return tf.tensor2d(values, [rows, columns]);
}
