import * as tf from '@tensorflow/tfjs';
import { frozenProductSlope, rawFrozenProduct } from './bfloat16/frozen-weight.js';
import { isBfloat16 } from './bfloat16/rounding.js';

/** Bytes of products that are kept from the forward pass: about a thousand tokens of a model of 135M parameters. */
export const bytesKept = 2 ** 30;

/**
 * The products of a model's frozen weights, kept from one pass over it for the next one with the same inputs. They are
 * a third of the time and a tenth of the memory of what a layer makes, which is why computing a layer again with them
 * at hand is the better half of both. Those that do not fit are computed again.
 */
export class RememberedProducts {
  readonly #products = new Map<tf.Tensor2D, tf.Tensor2D>();
  #bytes = 0;

  /** x Wᵀ, kept where there is room. Has no gradient to offer: for passes without one. */
  readonly remember = (x: tf.Tensor2D, weight: tf.Tensor2D): tf.Tensor2D => {
    const product = rawFrozenProduct(x, weight);
    const bytes = bytesOf(product);
    if (this.#bytes + bytes > bytesKept) return product;
    this.#bytes += bytes;
    this.#products.set(weight, tf.keep(product.clone()));
    return product;
  };

  /** x Wᵀ with its slope in x, for the x that `remember` was given. Each can be had once. */
  readonly recall = (x: tf.Tensor2D, weight: tf.Tensor2D): tf.Tensor2D => {
    const known = this.#products.get(weight);
    if (known === undefined) return rawFrozenProduct(x, weight);
    this.#products.delete(weight);
    this.#bytes -= bytesOf(known);
    const product = tf.customGrad(() => ({
      value: known.clone(),
      gradFunc: (dy: tf.Tensor) => frozenProductSlope(dy as tf.Tensor2D, weight),
    }));
    const value = product(x) as tf.Tensor2D;
    known.dispose();
    return value;
  };

  dispose(): void {
    for (const product of this.#products.values()) product.dispose();
    this.#products.clear();
    this.#bytes = 0;
  }
}

function bytesOf(product: tf.Tensor): number {
  return (isBfloat16(product) ? 2 : 4) * product.size;
}
