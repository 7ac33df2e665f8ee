import * as tf from '@tensorflow/tfjs';
import type { Attention } from './attention/attention.js';
import { autocast } from './bfloat16/autocast.js';
import { frozenProduct } from './bfloat16/frozen-weight.js';
import { precisionOf } from './bfloat16/precision.js';
import type { ModelConfig } from './config.js';
import { embedTokens } from './embedding.js';
import { gatedUnit } from './gated-unit.js';
import type { Adapters } from './low-rank.js';
import { parameter, projectionName, type Parameters, type Projection } from './parameters.js';
import { repeatHeads } from './repeat-heads.js';
import { rmsNorm } from './rms-norm.js';
import { rotate } from './rope.js';

/** A Llama decoder: its shape and its weights under Hugging Face names. */
export interface Llama {
  readonly config: ModelConfig;
  readonly parameters: Parameters;
  /** How inputs [tokens, in] meet a projection's weight [out, in]; `frozenProduct` if absent. */
  readonly product?: (x: tf.Tensor2D, weight: tf.Tensor2D) => tf.Tensor2D;
}

/** Queries, keys and values [batch, heads, time, headSize], rotated; keys and values are repeated to all query heads. */
export interface LayerQkv {
  readonly q: tf.Tensor4D;
  readonly k: tf.Tensor4D;
  readonly v: tf.Tensor4D;
}

/** Embeddings of tokens [batch, time] (int32): [batch, time, hidden]. */
export function embed(model: Llama, tokens: tf.Tensor2D): tf.Tensor3D {
  return tf.tidy(() => {
    const table = parameter(model.parameters, 'model.embed_tokens.weight') as tf.Tensor2D;
    return embedTokens(table, tokens) as tf.Tensor3D;
  });
}

/** What attention sees of a layer's input x [batch, time, hidden]. The caller owns the three tensors. */
export function layerQkv(model: Llama, x: tf.Tensor3D, layer: number, adapters?: Adapters): LayerQkv {
  return tf.tidy(() => {
    const { heads, keyValueHeads, ropeTheta: theta, ropeScaling: scaling } = model.config;
    const [batch, time] = x.shape;
    const rows = flatRows(normalised(model, x, `model.layers.${layer}.input_layernorm`));
    const project = (projection: Projection, count: number): tf.Tensor4D =>
      splitHeads(projected({ model, layer, adapters }, projection, rows), [batch, time, count]);
    const turned = (x: tf.Tensor4D, norm: string): tf.Tensor4D =>
      rotate(headNormalised(model, x, `model.layers.${layer}.self_attn.${norm}`), { theta, scaling });
    return {
      q: turned(project('self_attn.q_proj', heads), 'q_norm'),
      k: repeatHeads(turned(project('self_attn.k_proj', keyValueHeads), 'k_norm'), heads),
      v: repeatHeads(project('self_attn.v_proj', keyValueHeads), heads),
    };
  });
}

/** One decoder layer: x + attention, then + the gated feed-forward block. [batch, time, hidden] to the same. */
export function decoderLayer(
  model: Llama,
  x: tf.Tensor3D,
  layer: number,
  { attention, adapters }: LayerParts,
): tf.Tensor3D {
  return tf.tidy(() => {
    const input = { ...layerQkv(model, x, layer, adapters), layer };
    const context = autocast(precisionOf(model), () => attention(input));
    return afterAttention(model, x, layer, { context, adapters });
  });
}

/** How a layer attends, and what is added to its projections. */
export interface LayerParts {
  readonly attention: Attention;
  readonly adapters?: Adapters | undefined;
}

/** What attention gave [batch, heads, time, headSize], before the output projection. */
export interface AttendedLayer {
  readonly context: tf.Tensor4D;
  readonly adapters?: Adapters | undefined;
}

/** The rest of a decoder layer, given what attention gave: output projection, residual, feed-forward block. */
export function afterAttention(
  model: Llama,
  x: tf.Tensor3D,
  layer: number,
  { context, adapters }: AttendedLayer,
): tf.Tensor3D {
  return tf.tidy(() => {
    const place: Place = { model, layer, adapters };
    const attended = projected(place, 'self_attn.o_proj', joinHeads(context)).reshape(x.shape);
    const middle = x.add<tf.Tensor3D>(attended);
    const rows = flatRows(normalised(model, middle, `model.layers.${layer}.post_attention_layernorm`));
    const gated = gatedUnit(projected(place, 'mlp.gate_proj', rows), projected(place, 'mlp.up_proj', rows));
    return middle.add<tf.Tensor3D>(projected(place, 'mlp.down_proj', gated).reshape(x.shape));
  });
}

/** The final, normalised hidden states of tokens [batch, time]: [batch, time, hidden]. */
export function hiddenStates(
  model: Llama,
  tokens: tf.Tensor2D,
  attention: Attention,
  adapters?: Adapters,
): tf.Tensor3D {
  return tf.tidy(() => {
    let x = embed(model, tokens);
    for (let layer = 0; layer < model.config.layers; layer += 1) {
      const next = decoderLayer(model, x, layer, { attention, adapters });
      x.dispose();
      x = next;
    }
    return finalNorm(model, x);
  });
}

/** The normalisation between the last layer and the output projection. */
export function finalNorm(model: Llama, x: tf.Tensor3D): tf.Tensor3D {
  return normalised(model, x, 'model.norm');
}

/** Scores of every next token: hidden [batch, time, hidden] to [batch, time, vocabulary]. */
export function logits(model: Llama, hidden: tf.Tensor3D): tf.Tensor3D {
  return tf.tidy(() => {
    const [batch, time] = hidden.shape;
    return frozenProduct(flatRows(hidden), outputWeight(model)).reshape([batch, time, -1]);
  });
}

/** The output projection [vocabulary, hidden]: the embedding table itself where the two are tied. */
export function outputWeight(model: Llama): tf.Tensor2D {
  const name = model.config.tiedEmbeddings ? 'model.embed_tokens.weight' : 'lm_head.weight';
  return parameter(model.parameters, name) as tf.Tensor2D;
}

interface Place {
  readonly model: Llama;
  readonly layer: number;
  readonly adapters?: Adapters | undefined;
}

function projected({ model, layer, adapters }: Place, projection: Projection, x: tf.Tensor2D): tf.Tensor2D {
  const name = projectionName(layer, projection);
  const weight = parameter(model.parameters, `${name}.weight`) as tf.Tensor2D;
  const product = (model.product ?? frozenProduct)(x, weight);
  const bias = model.parameters.get(`${name}.bias`);
  const y = bias === undefined ? product : product.add<tf.Tensor2D>(bias);
  return adapters === undefined ? y : adapters(name, x, y);
}

function normalised(model: Llama, x: tf.Tensor3D, name: string): tf.Tensor3D {
  return rmsNorm(x, parameter(model.parameters, `${name}.weight`), model.config.rmsNormEpsilon);
}

/** Qwen3 normalises every head's queries and keys; the others take them as they are. */
function headNormalised({ config, parameters }: Llama, x: tf.Tensor4D, name: string): tf.Tensor4D {
  if (config.headNorms !== true) return x;
  return rmsNorm(x, parameter(parameters, `${name}.weight`), config.rmsNormEpsilon);
}

/** [batch, time, features] -> [batch * time, features]: one matrix product for all tokens. */
function flatRows(x: tf.Tensor3D): tf.Tensor2D {
  return x.reshape([-1, x.shape[2]]);
}

function splitHeads(rows: tf.Tensor2D, [batch, time, heads]: [number, number, number]): tf.Tensor4D {
  return rows.reshape([batch, time, heads, -1]).transpose([0, 2, 1, 3]);
}

function joinHeads(x: tf.Tensor4D): tf.Tensor2D {
  const [batch, heads, time, headSize] = x.shape;
  return x.transpose([0, 2, 1, 3]).reshape([batch * time, heads * headSize]);
}
