import * as tf from '@tensorflow/tfjs';
import type { Seed } from '../../base/seed.js';
import type { TokenRows } from '../dataset-rows.js';

/** Which rows each step sees: every epoch a new order of all rows, cut into batches; a rest is left out. */
export class BatchOrder {
  readonly stepsPerEpoch: number;
  readonly #batch: number;
  #epoch = -1;
  #order: readonly number[] = [];

  constructor(
    private readonly count: number,
    batch: number,
    private readonly seed: Seed,
  ) {
    this.#batch = Math.min(batch, count);
    this.stepsPerEpoch = Math.max(1, Math.floor(count / this.#batch));
  }

  /** The epoch of a step; both as counted in `Batch`. */
  epochOf(step: number): number {
    return Math.floor((step - 1) / this.stepsPerEpoch);
  }

  /** The rows of a step, which counts from 1. Depends on seed and step alone, so that a resumed run goes on exactly. */
  rowsOf(step: number): readonly number[] {
    const epoch = this.epochOf(step);
    if (epoch !== this.#epoch) {
      this.#order = permutation(this.count, this.seed.child(`epoch/${epoch}`));
      this.#epoch = epoch;
    }
    const start = ((step - 1) % this.stepsPerEpoch) * this.#batch;
    return this.#order.slice(start, start + this.#batch);
  }
}

/** Tokens and scored marks of some rows as tensors [rows, context]. The caller owns them. */
export function batchTensors(
  data: TokenRows,
  rows: readonly number[],
): { readonly tokens: tf.Tensor2D; readonly scored: tf.Tensor2D } {
  const { context } = data;
  const ids = new Int32Array(rows.length * context);
  const marks = new Float32Array(rows.length * context);
  rows.forEach((row, index) => {
    const { tokens, scored } = data.row(row);
    ids.set(tokens, index * context);
    marks.set(scored, index * context);
    marks[index * context] = 0;
  });
  const shape: [number, number] = [rows.length, context];
  return { tokens: tf.tensor2d(ids, shape, 'int32'), scored: tf.tensor2d(marks, shape) };
}

/** A random order of 0 to count - 1, by Fisher and Yates. */
function permutation(count: number, seed: Seed): readonly number[] {
  const stream = seed.stream();
  const order = Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last -= 1) {
    const other = stream.integer(last + 1);
    const [a = 0, b = 0] = [order[last], order[other]];
    order[last] = b;
    order[other] = a;
  }
  return order;
}
