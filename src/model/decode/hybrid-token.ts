import * as tf from '@tensorflow/tfjs';
import { linearPartOf, mixedParts, windowPartOf, type BranchPart } from '../hybrid/branch-parts.js';
import type { LayerConversion } from '../hybrid/decode.js';
import { repeatHeads } from '../repeat-heads.js';
import type { LayerQkv } from '../transformer.js';
import { headMatrices, headRows, queryMatrices } from './head-rows.js';
import type { HybridMemory } from './hybrid-memory.js';
import type { DecodedLayer } from './layer-decoding.js';
import type { TokenPlace } from './window-ring.js';
import { writeRows } from './write-rows.js';

/** One token of one layer. */
interface TokenStep {
  readonly layer: LayerConversion;
  readonly place: TokenPlace;
}

/** Equal to `decode` for one token behind a full window, where every query sees all of both branches. */
export function decodeToken(memory: HybridMemory, tokens: LayerQkv, step: TokenStep): DecodedLayer {
  const { layer, place } = step;
  // The key that leaves the window is read before the new one takes its row.
  const sums = layer.branch === 'window' ? tf.clone(memory.sums) : sumsWithEntering(memory, tokens, step);
  const keys = writeRows(memory.keys, place, headRows(tokens.k));
  const values = writeRows(memory.values, place, headRows(tokens.v));
  return { output: mixed({ keys, values, sums }, tokens, layer), memory: { keys, values, sums } };
}

/** The sums with the key that the linear branch takes in now: the new one, or the one that leaves the window. */
function sumsWithEntering(
  memory: HybridMemory,
  { q, k, v }: LayerQkv,
  { layer, place }: TokenStep,
): tf.Tensor4D {
  const { conversion, featureMap } = layer;
  const [, heads, , headSize] = q.shape;
  const entering = (fresh: tf.Tensor4D, ring: tf.Tensor2D): tf.Tensor4D =>
    conversion.linearScope === 'all'
      ? repeatHeads(fresh, heads)
      : tf.reshape(tf.gather(ring, place.leaving), [1, heads, 1, headSize]);
  const features = conversion.featureMap.keys(entering(k, memory.keys), featureMap);
  const values = tf.concat([entering(v, memory.values), tf.ones<tf.Rank.R4>([1, heads, 1, 1])], 3);
  return tf.add(memory.sums, tf.matMul(features, values, true));
}

function mixed(memory: HybridMemory, tokens: LayerQkv, layer: LayerConversion): tf.Tensor4D {
  return mixedParts(layer.branch, {
    window: () => windowPart(memory, tokens),
    linear: () => linearPart(memory, tokens, layer),
    windowWeight: (mass) => layer.conversion.mix.windowWeight(mass, layer.mix),
  });
}

function windowPart({ keys, values }: HybridMemory, { q, k }: LayerQkv): BranchPart {
  const [, heads, , headSize] = q.shape;
  const keyValueHeads = k.shape[1];
  const products = tf.matMul(queryMatrices(q, keyValueHeads), headMatrices(keys, keyValueHeads), false, true);
  const scores = tf.mul<tf.Tensor3D>(products, 1 / Math.sqrt(headSize));
  const { output, mass } = windowPartOf(scores, headMatrices(values, keyValueHeads));
  return {
    output: tf.reshape(output, [1, heads, 1, headSize]),
    mass: tf.reshape(mass, [1, heads, 1, 1]),
  };
}

function linearPart(
  { sums }: HybridMemory,
  { q }: LayerQkv,
  { conversion, featureMap }: LayerConversion,
): BranchPart {
  return linearPartOf(tf.matMul(conversion.featureMap.queries(q, featureMap), sums));
}
