import type * as tf from '@tensorflow/tfjs';
import { projectionName, type Projection } from '../parameters.js';
import type { Llama } from '../transformer.js';
import { toBfloat16 } from './frozen-weight.js';

const projections: readonly Projection[] = [
  ...(['self_attn.q_proj', 'self_attn.k_proj', 'self_attn.v_proj', 'self_attn.o_proj'] as const),
  ...(['mlp.gate_proj', 'mlp.up_proj', 'mlp.down_proj'] as const),
];

/**
 * The same decoder with the weights of all projections in bfloat16. Embeddings and normalisations stay float32: they
 * are few numbers, or looked up rather than multiplied. The float32 projections are disposed of one by one, so at no
 * time are there two copies of all weights; the model that was given must not be used any more.
 */
export function withBfloat16Projections(model: Llama): Llama {
  const parameters = new Map<string, tf.Tensor>(model.parameters);
  for (const name of projectionWeights(model)) {
    const weight = parameters.get(name);
    if (weight === undefined) continue;
    parameters.set(name, toBfloat16(weight));
    weight.dispose();
  }
  return { ...model, parameters };
}

function projectionWeights({ config }: Llama): readonly string[] {
  return Array.from({ length: config.layers }, (_, layer) =>
    projections.map((projection) => `${projectionName(layer, projection)}.weight`),
  ).flat();
}
