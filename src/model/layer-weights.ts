import type * as tf from '@tensorflow/tfjs';
import type { Llama } from './transformer.js';

/** A model's own weights in one layer, by what follows `model.layers.{i}.` in their names. */
export function layerWeights({ parameters }: Llama, layer: number): Readonly<Record<string, tf.Tensor>> {
  const prefix = `model.layers.${layer}.`;
  const own = [...parameters].filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(own.map(([name, weight]) => [name.slice(prefix.length), weight]));
}
