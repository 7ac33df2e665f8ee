import type * as tf from '@tensorflow/tfjs';
import { InternalError } from '../base/unreachable.js';
import type { ModelConfig } from './config.js';

/** Tensors by name. Hugging Face names for a model's own weights; `layers.0.…` for what a conversion trains. */
export type Parameters = ReadonlyMap<string, tf.Tensor>;

/** The tensor of that name. Throws an internal error when there is none: names are checked on loading. */
export function parameter(parameters: Parameters, name: string): tf.Tensor {
  const found = parameters.get(name);
  if (found === undefined) throw new InternalError(`no parameter is named "${name}"`);
  return found;
}

/** The projections of one decoder layer, as Hugging Face names them. */
export type Projection =
  | 'self_attn.q_proj'
  | 'self_attn.k_proj'
  | 'self_attn.v_proj'
  | 'self_attn.o_proj'
  | 'mlp.gate_proj'
  | 'mlp.up_proj'
  | 'mlp.down_proj';

/** The name of a projection of a layer, without `.weight`: `model.layers.0.self_attn.q_proj`. */
export function projectionName(layer: number, projection: Projection): string {
  return `model.layers.${layer}.${projection}`;
}

/** Every weight of a model with its shape, in the order of the layers. Projections are [out, in]. */
export function parameterShapes(config: ModelConfig): ReadonlyMap<string, readonly number[]> {
  const { hiddenSize, headSize, intermediateSize, vocabularySize } = config;
  const shapes = new Map<string, readonly number[]>([
    ['model.embed_tokens.weight', [vocabularySize, hiddenSize]],
  ]);
  for (let layer = 0; layer < config.layers; layer += 1) {
    const add = (name: string, shape: readonly number[]): void => {
      shapes.set(`model.layers.${layer}.${name}.weight`, shape);
    };
    const addBias = (name: Projection, size: number): void => {
      shapes.set(`model.layers.${layer}.${name}.bias`, [size]);
    };
    add('input_layernorm', [hiddenSize]);
    add('self_attn.q_proj', [config.heads * headSize, hiddenSize]);
    add('self_attn.k_proj', [config.keyValueHeads * headSize, hiddenSize]);
    add('self_attn.v_proj', [config.keyValueHeads * headSize, hiddenSize]);
    add('self_attn.o_proj', [hiddenSize, config.heads * headSize]);
    if (config.projectionBiases) {
      addBias('self_attn.q_proj', config.heads * headSize);
      addBias('self_attn.k_proj', config.keyValueHeads * headSize);
      addBias('self_attn.v_proj', config.keyValueHeads * headSize);
    }
    if (config.outputBias) addBias('self_attn.o_proj', hiddenSize);
    if (config.headNorms) {
      add('self_attn.q_norm', [headSize]);
      add('self_attn.k_norm', [headSize]);
    }
    add('post_attention_layernorm', [hiddenSize]);
    add('mlp.gate_proj', [intermediateSize, hiddenSize]);
    add('mlp.up_proj', [intermediateSize, hiddenSize]);
    add('mlp.down_proj', [hiddenSize, intermediateSize]);
  }
  shapes.set('model.norm.weight', [hiddenSize]);
  if (!config.tiedEmbeddings) shapes.set('lm_head.weight', [vocabularySize, hiddenSize]);
  return shapes;
}
