import * as tf from '@tensorflow/tfjs';
import { isBfloat16 } from '../bfloat16/rounding.js';
import { projectionName, type Projection } from '../parameters.js';
import type { Llama } from '../transformer.js';

/** Projections of one input, whose weights can lie below one another in one matrix. */
export type Pack = 'self_attn.qkv_proj' | 'mlp.gate_up_proj';

/** The parts of each pack, from the top. */
export const packs: Readonly<Record<Pack, readonly Projection[]>> = {
  'self_attn.qkv_proj': ['self_attn.q_proj', 'self_attn.k_proj', 'self_attn.v_proj'],
  'mlp.gate_up_proj': ['mlp.gate_proj', 'mlp.up_proj'],
};

/**
 * The same decoder with the projections of one input packed: a single product for a token, which waits for memory,
 * wastes less time at its start and its end than three. Only a `Decoder` knows packed weights. The parts are disposed
 * of pack by pack; the model that was given must not be used any more.
 */
export function withPackedProjections(model: Llama): Llama {
  const parameters = new Map<string, tf.Tensor>(model.parameters);
  for (let layer = 0; layer < model.config.layers; layer += 1) {
    for (const pack of Object.keys(packs) as Pack[]) {
      for (const kind of ['weight', 'bias'] as const) {
        const names = packs[pack].map((part) => `${projectionName(layer, part)}.${kind}`);
        packUnder(`${packName(layer, pack)}.${kind}`, names, parameters);
      }
    }
  }
  return { ...model, parameters };
}

/** The name of a pack of a layer, without `.weight`. */
export function packName(layer: number, pack: Pack): string {
  return `model.layers.${layer}.${pack}`;
}

function packUnder(name: string, names: readonly string[], parameters: Map<string, tf.Tensor>): void {
  const parts = names.map((name) => parameters.get(name)).filter((part) => part !== undefined);
  const kinds = new Set(parts.map(isBfloat16));
  if (parts.length < names.length || kinds.size > 1) return;
  parameters.set(name, tf.concat([...parts], 0));
  for (const part of names) parameters.delete(part);
  tf.dispose(parts);
}
