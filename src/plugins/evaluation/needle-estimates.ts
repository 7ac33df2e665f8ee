import { estimateMean, type Estimate } from '../../model/statistics.js';
import type { ItemResult, TaskResults } from './measurement.js';
import { needleOf } from './task-item.js';

/** The accuracy on the items that hide their answer equally deep in equally long texts. */
export interface NeedleEstimate {
  /** See `NeedlePlace`. */
  readonly length: number;
  readonly depth: number;
  readonly estimate: Estimate;
}

/** Accuracies by length and depth, in the order of the items; none where no item hides its answer. */
export function needleEstimates(task: TaskResults, items: readonly ItemResult[]): readonly NeedleEstimate[] {
  const places = new Map<string, { length: number; depth: number; values: number[] }>();
  task.items.forEach((item, index) => {
    const needle = needleOf(item);
    const result = items[index];
    if (needle === undefined || result === undefined) return;
    const { length, depth } = needle;
    const key = `${length}/${depth}`;
    const place = places.get(key) ?? { length, depth, values: [] };
    place.values.push(result.accuracy);
    places.set(key, place);
  });
  return [...places.values()].map(({ length, depth, values }) => ({
    length,
    depth,
    estimate: estimateMean(values),
  }));
}
