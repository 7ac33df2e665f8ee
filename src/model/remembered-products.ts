import * as tf from '@tensorflow/tfjs';
import { frozenProductSlope, rawFrozenProduct } from './bfloat16/frozen-weight.js';
import { isBfloat16 } from './bfloat16/rounding.js';
import { hasFusedOperations } from './native/fused.js';

/** Bytes of products that are kept from the forward pass: about a thousand tokens of a model of 135M parameters. */
export const bytesKept = 2 ** 30;

/** Weights of a layer, or their products with the layer's inputs, by the weights' names. */
export type ByWeight = Readonly<Record<string, tf.Tensor>>;

/** Bytes of the products of a layer's weights with so many rows. */
export function productBytes(weights: ByWeight, rows: number): number {
  const matrices = Object.values(weights).filter(({ rank }) => rank === 2);
  const bytesOf = (weight: tf.Tensor): number => (hasFusedOperations() && isBfloat16(weight) ? 2 : 4);
  return matrices.reduce((total, weight) => total + bytesOf(weight) * rows * weight.shape[0], 0);
}

/** Products of a layer's frozen weights: x Wᵀ for x [rows, in] and W [out, in]. */
export type FrozenProducts = (x: tf.Tensor2D, weight: tf.Tensor2D) => tf.Tensor2D;

/**
 * The products of a layer's frozen weights on the way forward, kept under the weights' names for `recalled`. They are a
 * third of the time and a tenth of the memory of what a layer makes, which is why computing a layer again with them at
 * hand is the better half of both. They have no gradient to offer: for a pass without one.
 */
export function remembering(weights: ByWeight, kept: Record<string, tf.Tensor>): FrozenProducts {
  const names = new Map(Object.entries(weights).map(([name, weight]) => [weight, name]));
  return (x, weight) => {
    const product = rawFrozenProduct(x, weight);
    const name = names.get(weight);
    if (name !== undefined) kept[name] = tf.keep(product.clone());
    return product;
  };
}

/** The same products with their slopes in x, where they were kept, for the x of that time; the others computed again. */
export function recalled(weights: ByWeight, kept: ByWeight): FrozenProducts {
  const products = new Map(Object.entries(kept).map(([name, product]) => [weights[name], product]));
  return (x, weight) => {
    const known = products.get(weight);
    if (known === undefined) return rawFrozenProduct(x, weight);
    const product = tf.customGrad(() => ({
      value: known.clone(),
      gradFunc: (dy: tf.Tensor) => frozenProductSlope(dy as tf.Tensor2D, weight),
    }));
    return product(x) as tf.Tensor2D;
  };
}
