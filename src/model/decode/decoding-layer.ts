import * as tf from '@tensorflow/tfjs';
import { gatedUnit } from '../gated-unit.js';
import type { Adapters } from '../low-rank.js';
import { parameter, projectionName } from '../parameters.js';
import { rmsNorm } from '../rms-norm.js';
import type { LayerQkv, Llama } from '../transformer.js';
import { packName, packs, type Pack } from './packed-projections.js';
import { rotated, type Rotation } from './rotation.js';
import { projection } from './row-product.js';

/** A layer of a model whose projections may be packed, and what is added to them. */
export interface DecodingLayer {
  readonly model: Llama;
  readonly layer: number;
  readonly adapters?: Adapters | undefined;
}

/**
 * Queries, keys and values of tokens x `[tokens, hidden]`, rotated; keys and values once for each key-value head:
 * `[1, heads, tokens, headSize]`. The caller owns them. Equal to `layerQkv`, but for keys and values that are
 * not repeated.
 */
export function decodingQkv(place: DecodingLayer, x: tf.Tensor2D, rotation: Rotation): LayerQkv {
  return tf.tidy(() => {
    const { heads, keyValueHeads, headSize } = place.model.config;
    const rows = normalised(place, 'input_layernorm', x);
    const counts = [heads, keyValueHeads, keyValueHeads];
    const [q, k, v] = projectedTogether(place, 'self_attn.qkv_proj', {
      x: rows,
      sizes: counts.map((count) => count * headSize),
    }).map((y, index) => splitHeads(y, counts[index] ?? 1)) as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
    const turned = (x: tf.Tensor4D, norm: string): tf.Tensor4D =>
      rotated(headNormalised(place, norm, x), rotation);
    return { q: turned(q, 'q_norm'), k: turned(k, 'k_norm'), v };
  });
}

/**
 * The rest of the layer for tokens x `[tokens, hidden]`, given what attention gave, `[1, heads, tokens, headSize]`:
 * output projection, residual, feed-forward block. Equal to `afterAttention`.
 */
export function decodingRest(place: DecodingLayer, x: tf.Tensor2D, context: tf.Tensor4D): tf.Tensor2D {
  return tf.tidy(() => {
    const attended = projected(place, projectionName(place.layer, 'self_attn.o_proj'), joinHeads(context));
    const middle = x.add<tf.Tensor2D>(attended);
    const rows = normalised(place, 'post_attention_layernorm', middle);
    const { intermediateSize } = place.model.config;
    const [gate, up] = projectedTogether(place, 'mlp.gate_up_proj', {
      x: rows,
      sizes: [intermediateSize, intermediateSize],
    }) as [tf.Tensor2D, tf.Tensor2D];
    const down = projected(place, projectionName(place.layer, 'mlp.down_proj'), gatedUnit(gate, up));
    return middle.add<tf.Tensor2D>(down);
  });
}

interface PackInput {
  readonly x: tf.Tensor2D;
  /** Columns of each part's output. */
  readonly sizes: readonly number[];
}

/** What the projections of a pack give, packed or not. */
function projectedTogether(
  place: DecodingLayer,
  pack: Pack,
  { x, sizes }: PackInput,
): readonly tf.Tensor2D[] {
  const { model, layer, adapters } = place;
  const names = packs[pack].map((part) => projectionName(layer, part));
  const packed = packName(layer, pack);
  if (!model.parameters.has(`${packed}.weight`)) return names.map((name) => projected(place, name, x));
  const outputs = columnsOf(withBias(model, packed, x), sizes);
  return outputs.map((y, index) => adapted(adapters, names[index] ?? '', x, y));
}

/** The columns of a product, cut. One row is cut as several shorter ones, for which nothing is copied. */
function columnsOf(y: tf.Tensor2D, sizes: readonly number[]): readonly tf.Tensor2D[] {
  if (y.shape[0] > 1) return tf.split<tf.Tensor2D>(y, [...sizes], 1);
  const unit = sizes.reduce(commonDivisor);
  const rows = tf.reshape<tf.Rank.R2>(y, [-1, unit]);
  const parts = tf.split<tf.Tensor2D>(
    rows,
    sizes.map((size) => size / unit),
    0,
  );
  return parts.map((part) => tf.reshape(part, [1, -1]));
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}

function projected({ model, adapters }: DecodingLayer, name: string, x: tf.Tensor2D): tf.Tensor2D {
  return adapted(adapters, name, x, withBias(model, name, x));
}

function adapted(adapters: Adapters | undefined, name: string, x: tf.Tensor2D, y: tf.Tensor2D): tf.Tensor2D {
  const addition = adapters?.(name);
  return addition === undefined ? y : tf.add(y, addition(x));
}

function withBias({ parameters }: Llama, name: string, x: tf.Tensor2D): tf.Tensor2D {
  const product = projection(x, parameter(parameters, `${name}.weight`) as tf.Tensor2D);
  const bias = parameters.get(`${name}.bias`);
  return bias === undefined ? product : product.add(bias);
}

function normalised({ model, layer }: DecodingLayer, norm: string, x: tf.Tensor2D): tf.Tensor2D {
  const weight = parameter(model.parameters, `model.layers.${layer}.${norm}.weight`);
  const epsilon = model.config.rmsNormEpsilon;
  return x.shape[0] === 1 ? rmsNormOfRow(x, weight, epsilon) : rmsNorm(x, weight, epsilon);
}

/** `rmsNorm` of one row, whose sum of squares is a product with itself. */
function rmsNormOfRow(x: tf.Tensor2D, weight: tf.Tensor, epsilon: number): tf.Tensor2D {
  const size = x.shape[1];
  const squares = tf.matMul(x, x, false, true).add(epsilon * size);
  return x.mul(squares.rsqrt()).mul(weight.mul(Math.sqrt(size)));
}

/** Qwen3 normalises every head's queries and keys; the others take them as they are. */
function headNormalised({ model, layer }: DecodingLayer, norm: string, x: tf.Tensor4D): tf.Tensor4D {
  if (model.config.headNorms !== true) return x;
  const weight = parameter(model.parameters, `model.layers.${layer}.self_attn.${norm}.weight`);
  return rmsNorm(x, weight, model.config.rmsNormEpsilon);
}

/** `[tokens, heads * headSize]` to `[1, heads, tokens, headSize]`; for one token nothing has to move. */
function splitHeads(rows: tf.Tensor2D, heads: number): tf.Tensor4D {
  const [tokens, columns] = rows.shape;
  if (tokens === 1) return rows.reshape([1, heads, 1, columns / heads]);
  return rows.reshape([1, tokens, heads, columns / heads]).transpose([0, 2, 1, 3]);
}

function joinHeads(x: tf.Tensor4D): tf.Tensor2D {
  const [, heads, tokens, headSize] = x.shape;
  const inOrder = tokens === 1 ? x : x.transpose([0, 2, 1, 3]);
  return inOrder.reshape([tokens, heads * headSize]);
}
