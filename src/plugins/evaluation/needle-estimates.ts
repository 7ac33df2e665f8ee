import { groupedBy } from '../../base/grouped-by.js';
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
  const found = task.items.flatMap((item, index) => {
    const needle = needleOf(item);
    const result = items[index];
    return needle === undefined || result === undefined ? [] : [{ needle, accuracy: result.accuracy }];
  });
  const places = groupedBy(found, ({ needle: { length, depth } }) => `${length}/${depth}`);
  return [...places.values()].flatMap((alike) =>
    alike.slice(0, 1).map(({ needle: { length, depth } }) => ({
      length,
      depth,
      estimate: estimateMean(alike.map(({ accuracy }) => accuracy)),
    })),
  );
}
