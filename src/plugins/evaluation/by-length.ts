import { longestSequence, type TaskItem } from './task-item.js';

/** The places of the items, those with the shortest sequences first; equally long ones keep their order. */
export function byLength(items: readonly TaskItem[]): readonly number[] {
  const lengths = items.map(longestSequence);
  return items.map((_, index) => index).sort((a, b) => (lengths[a] ?? 0) - (lengths[b] ?? 0));
}

/** Undoes an order: `values[i]` goes to the place `order[i]`. */
export function inFormerOrder<Value>(values: readonly Value[], order: readonly number[]): readonly Value[] {
  return values
    .map((value, index) => ({ value, place: order[index] ?? index }))
    .sort((a, b) => a.place - b.place)
    .map(({ value }) => value);
}
