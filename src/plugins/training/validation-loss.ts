import { setImmediate as nextTurn } from 'node:timers/promises';
import type * as tf from '@tensorflow/tfjs';
import type { TokenRows } from '../dataset-rows.js';
import type { MetricValue } from '../../runtime/contract/stage.js';
import { batchTensors } from './batches.js';

/** Which rows an evaluation looks at, and how many at once. */
export interface ValidationRows {
  readonly rows: TokenRows;
  /** At most so many, evenly spread over all rows, so that every evaluation sees the same ones. */
  readonly limit: number;
  readonly batch: number;
}

/** A batch of held-out rows. */
export interface ValidationBatch {
  readonly tokens: tf.Tensor2D;
  readonly scored: tf.Tensor2D;
}

/**
 * The mean of a loss over held-out rows, with its standard error over batches where there are several. Each batch
 * counts as its tokens weigh, so the result does not depend on the size of batches. `loss` gives a scalar that is the
 * weighted mean over its batch.
 */
export async function validationLoss(
  { rows, limit, batch }: ValidationRows,
  loss: (batch: ValidationBatch) => tf.Scalar,
): Promise<MetricValue> {
  const parts: { readonly value: number; readonly weight: number }[] = [];
  const chosen = evenlySpread(rows.count, limit);
  for (let start = 0; start < chosen.length; start += batch) {
    const indices = chosen.slice(start, start + batch);
    const tensors = batchTensors(rows, indices);
    const scalar = loss(tensors);
    const [value = NaN] = await scalar.data();
    scalar.dispose();
    tensors.tokens.dispose();
    tensors.scored.dispose();
    const weight = weightOf(rows, indices);
    // A batch without a single target has no mean.
    if (weight > 0) parts.push({ value, weight });
    await nextTurn();
  }
  return weightedMean(parts);
}

/** At most `limit` of 0 to count - 1, evenly spread. */
function evenlySpread(count: number, limit: number): readonly number[] {
  const wanted = Math.min(count, limit);
  return Array.from({ length: wanted }, (_, index) => Math.floor((index * count) / wanted));
}

function weightOf(rows: TokenRows, indices: readonly number[]): number {
  return indices
    .map((index) =>
      rows
        .row(index)
        .scored.subarray(1)
        .reduce((sum, weight) => sum + weight, 0),
    )
    .reduce((sum, weight) => sum + weight, 0);
}

function weightedMean(parts: readonly { readonly value: number; readonly weight: number }[]): MetricValue {
  const total = parts.reduce((sum, { weight }) => sum + weight, 0);
  const mean = parts.reduce((sum, { value, weight }) => sum + (value * weight) / total, 0);
  if (parts.length < 2) return { value: mean };
  const variance =
    parts.reduce((sum, { value, weight }) => sum + (weight / total) * (value - mean) ** 2, 0) /
    (parts.length - 1);
  return { value: mean, standardError: Math.sqrt(variance) };
}
