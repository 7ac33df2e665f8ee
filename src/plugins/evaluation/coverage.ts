import { longestSequence, sequencesOf, type TaskItem } from './task-item.js';

/** How far the linear branch can show itself on a task, by construction: nothing here depends on what it learned. */
export interface Coverage {
  /** Scored positions. */
  readonly scored: number;
  /** Scored positions at which the linear branch, as trained, sees at least one key. */
  readonly withKeys: number;
  /** Scored positions with at least one key outside the window: where the window alone misses something. */
  readonly beyondWindow: number;
  readonly items: number;
  /** Items of more tokens than the window. */
  readonly longerThanWindow: number;
  /** Items of more tokens than two windows. */
  readonly longerThanTwoWindows: number;
}

/** The parts of a conversion that decide which keys a query sees. */
export interface KeyScope {
  /** Tokens of the window, the query included. */
  readonly window: number;
  readonly linearScope: 'all' | 'outside_window';
}

/** Whether the linear branch has a key for the query at this position, from 0. */
function seesKeys(position: number, { window, linearScope }: KeyScope): boolean {
  return linearScope === 'all' || position >= window;
}

/** Whether the linear branch, as trained, has a key at any scored position of the item. */
export function itemSeesKeys(item: TaskItem, scope: KeyScope): boolean {
  return sequencesOf(item).some(({ scored }) => scored.some(({ position }) => seesKeys(position, scope)));
}

/** Whether any scored position of the item has a key outside the window: elsewhere the window alone is full attention. */
export function itemReachesBeyond(item: TaskItem, window: number): boolean {
  return itemSeesKeys(item, { window, linearScope: 'outside_window' });
}

/** Counts where the linear branch can show itself. */
export function coverageOf(items: readonly TaskItem[], scope: KeyScope): Coverage {
  const positions = items
    .flatMap(sequencesOf)
    .flatMap(({ scored }) => scored.map(({ position }) => position));
  return {
    scored: positions.length,
    withKeys: positions.filter((position) => seesKeys(position, scope)).length,
    beyondWindow: positions.filter((position) => position >= scope.window).length,
    items: items.length,
    longerThanWindow: items.filter((item) => longestSequence(item) > scope.window).length,
    longerThanTwoWindows: items.filter((item) => longestSequence(item) > 2 * scope.window).length,
  };
}
