import * as tf from '@tensorflow/tfjs';

/**
 * Tensors that depend on their key alone, such as masks and tables, made once and shared; the least recently used goes
 * when there are more than `size`. They outlive every scope: never dispose what it gives.
 */
export class TensorCache {
  readonly #size: number;
  readonly #kept = new Map<string, tf.Tensor>();

  constructor(size: number) {
    this.#size = size;
  }

  /** The tensor made for this key before, else what `make` gives. */
  get<Made extends tf.Tensor>(key: string, make: () => Made): Made {
    const found = this.#kept.get(key);
    this.#kept.delete(key);
    const kept = found && !found.isDisposed ? found : tf.keep(make());
    this.#kept.set(key, kept);
    this.#forgetOldest();
    return kept as Made;
  }

  #forgetOldest(): void {
    const [oldest] = this.#kept;
    if (this.#kept.size <= this.#size || oldest === undefined) return;
    oldest[1].dispose();
    this.#kept.delete(oldest[0]);
  }
}
