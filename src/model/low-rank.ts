import * as tf from '@tensorflow/tfjs';
import type { Parameters } from './parameters.js';

/**
 * What an adapter adds to the projection of a name (`model.layers.0.self_attn.q_proj`): from the projection's input x
 * [tokens, in] in float32 to [tokens, out]. Undefined where it adds nothing.
 */
export type Adapters = (name: string) => ((x: tf.Tensor2D) => tf.Tensor2D) | undefined;

/** LoRA (Hu et al. 2021): scale · (x A) B with A [in, rank], B [rank, out] and scale = alpha / rank. */
export function lowRankAdapters(trained: Parameters, scale: number): Adapters {
  return (name) => {
    const pair = lowRankPair(trained, name);
    if (pair === undefined) return undefined;
    // The scale belongs to the smallest factor, on the way back too.
    return (x) => tf.tidy(() => tf.matMul(tf.matMul(x, pair.a), pair.b.mul(scale)));
  };
}

/** The weight [out, in] with the adapter of that projection merged in: W + scale · (A B)ᵀ. */
export function mergedWeight(
  name: string,
  weight: tf.Tensor2D,
  trained: Parameters,
  scale: number,
): tf.Tensor2D {
  const pair = lowRankPair(trained, name);
  if (pair === undefined) return weight.clone();
  return tf.tidy(() => weight.add<tf.Tensor2D>(tf.matMul(pair.b, pair.a, true, true).mul(scale)));
}

/** The names of A and B among trained tensors: `layers.0.self_attn.q_proj.lora_a` and `….lora_b`. */
export function lowRankNames(projection: string): { readonly a: string; readonly b: string } {
  const name = projection.replace(/^model\./, '');
  return { a: `${name}.lora_a`, b: `${name}.lora_b` };
}

function lowRankPair(trained: Parameters, name: string): { a: tf.Tensor2D; b: tf.Tensor2D } | undefined {
  const names = lowRankNames(name);
  const a = trained.get(names.a);
  const b = trained.get(names.b);
  return a === undefined || b === undefined ? undefined : { a: a as tf.Tensor2D, b: b as tf.Tensor2D };
}
