import * as tf from '@tensorflow/tfjs';
import { fixedMix } from '../../../src/model/attention/fixed-mix.js';
import { jointMix } from '../../../src/model/attention/joint-mix.js';
import type { ModelConfig } from '../../../src/model/config.js';
import { hedgehog } from '../../../src/model/feature-maps/hedgehog.js';
import type { Conversion, LinearScope } from '../../../src/model/hybrid/conversion.js';
import { parameterShapes } from '../../../src/model/parameters.js';
import type { Llama } from '../../../src/model/transformer.js';
import { normals } from '../tensors.js';

/** A decoder of this shape with normal weights of this deviation. */
export function randomDecoder(config: ModelConfig, deviation: number): Llama {
  const parameters = [...parameterShapes(config)].map(
    ([name, shape]) =>
      [
        name,
        name.endsWith('norm.weight') ? tf.ones([...shape]) : normals<tf.Rank>(name, [...shape], deviation),
      ] as const,
  );
  return { config, parameters: new Map(parameters) };
}

/** A conversion with random feature maps, whose branches are mixed in one of both ways. */
export function conversionWith(window: number, linearScope: LinearScope, mix: 'fixed' | 'joint'): Conversion {
  return {
    window,
    linearScope,
    mix: mix === 'fixed' ? fixedMix({ window: 0.3 }) : jointMix({ gamma: 0.1 }),
    featureMap: hedgehog({ activation: 'softmax', noise: 0.3, size: 6 }),
  };
}
