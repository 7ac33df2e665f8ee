import type * as tf from '@tensorflow/tfjs';
import type { Adapter } from '../adapter.js';
import { isBfloat16 } from '../bfloat16/rounding.js';
import { projectionName, type Parameters } from '../parameters.js';
import type { Llama } from '../transformer.js';
import { packs } from './packed-projections.js';

const projections = [...Object.values(packs).flat(), 'self_attn.o_proj', 'mlp.down_proj'] as const;

/**
 * The same decoder with an adapter merged into its projections, or undefined where one of them is in bfloat16, which
 * would round away much of what an adapter adds. Weights are replaced one by one and the old ones disposed of; the
 * model that was given must not be used any more. The trained tensors stay the caller's.
 */
export function withMergedAdapter(model: Llama, adapter: Adapter, trained: Parameters): Llama | undefined {
  const parameters = new Map<string, tf.Tensor>(model.parameters);
  const names = Array.from({ length: model.config.layers }, (_, layer) =>
    projections.map((projection) => projectionName(layer, projection)),
  ).flat();
  if (names.some((name) => isRounded(parameters.get(`${name}.weight`)))) return undefined;
  for (const name of names) {
    const weight = parameters.get(`${name}.weight`);
    if (weight === undefined) continue;
    parameters.set(`${name}.weight`, adapter.merge(name, weight as tf.Tensor2D, trained));
    weight.dispose();
  }
  return { ...model, parameters };
}

function isRounded(weight: tf.Tensor | undefined): boolean {
  return weight !== undefined && isBfloat16(weight);
}
