import * as tf from '@tensorflow/tfjs';
import type { Attention } from './attention/attention.js';
import { autocast, inFloat32 } from './bfloat16/autocast.js';
import { frozenProduct, rawFrozenProduct } from './bfloat16/frozen-weight.js';
import { precisionOf } from './bfloat16/precision.js';
import type { ModelConfig } from './config.js';
import { embedTokens } from './embedding.js';
import { gatedUnit } from './gated-unit.js';
import { joinHeads, splitHeads, type HeadLayout } from './heads.js';
import type { Adapters } from './low-rank.js';
import { parameter, projectionName, type Parameters, type Projection } from './parameters.js';
import { repeatHeads } from './repeat-heads.js';
import { residual } from './residual.js';
import { rmsNorm } from './rms-norm.js';
import { rotate } from './rope.js';

/** A Llama decoder: its shape and its weights under Hugging Face names. */
export interface Llama {
  readonly config: ModelConfig;
  readonly parameters: Parameters;
  /** How inputs [tokens, in] meet a projection's weight [out, in]; `rawFrozenProduct` if absent. */
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
    const place: Place = { model, layer, adapters };
    const rows = normalisedRows(model, x, `model.layers.${layer}.input_layernorm`);
    const keyValue = { batch, time, heads: keyValueHeads, repeats: heads / keyValueHeads };
    const positions = { theta, scaling };
    return {
      q: turnedHeads(place, 'q', rows, { batch, time, heads, positions }),
      k: turnedHeads(place, 'k', rows, { ...keyValue, positions }),
      v: splitHeads(projected(place, 'self_attn.v_proj', rows), keyValue),
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
    const attended = projected(place, 'self_attn.o_proj', joinHeads(context, precisionOf(model)));
    const middle = residual(flatRows(x), attended);
    const rows = normalisedRows(model, middle, `model.layers.${layer}.post_attention_layernorm`);
    const gated = gatedUnit(projected(place, 'mlp.gate_proj', rows), projected(place, 'mlp.up_proj', rows));
    return residual(middle, projected(place, 'mlp.down_proj', gated)).reshape(x.shape);
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
  const product = (model.product ?? rawFrozenProduct)(x, weight);
  const bias = model.parameters.get(`${name}.bias`);
  const y = bias === undefined ? product : inFloat32(product).add<tf.Tensor2D>(bias);
  const addition = adapters?.(name);
  return addition === undefined ? y : residual(addition(inFloat32(x)), y);
}

/** Queries or keys as heads, turned; Qwen3 normalises every head of them before, the others take them as they are. */
function turnedHeads(place: Place, which: 'q' | 'k', rows: tf.Tensor2D, layout: TurnedLayout): tf.Tensor4D {
  const { config, parameters } = place.model;
  const projection = projected(place, `self_attn.${which}_proj`, rows);
  if (config.headNorms !== true) return splitHeads(projection, layout);
  const { positions, repeats = 1, ...plain } = layout;
  const name = `model.layers.${place.layer}.self_attn.${which}_norm`;
  const split = splitHeads(projection, plain);
  const normalised = rmsNorm(split, parameter(parameters, `${name}.weight`), config.rmsNormEpsilon);
  return repeatHeads(rotate(normalised, positions), layout.heads * repeats);
}

type TurnedLayout = HeadLayout & Required<Pick<HeadLayout, 'positions'>>;

function normalised(model: Llama, x: tf.Tensor3D, name: string): tf.Tensor3D {
  return rmsNorm(x, parameter(model.parameters, `${name}.weight`), model.config.rmsNormEpsilon);
}

/** Normalised rows [tokens, hidden], as a factor of products with the model's weights. */
function normalisedRows(model: Llama, x: tf.Tensor, name: string): tf.Tensor2D {
  const weight = parameter(model.parameters, `${name}.weight`);
  return rmsNorm(flatRows(x), weight, model.config.rmsNormEpsilon, precisionOf(model));
}

function flatRows(x: tf.Tensor): tf.Tensor2D {
  return x.reshape([-1, x.shape.at(-1) ?? 0]);
}
