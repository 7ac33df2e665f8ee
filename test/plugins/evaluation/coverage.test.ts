import { expect, test } from 'vitest';
import { coverageOf, itemSeesKeys } from '../../../src/plugins/evaluation/coverage.js';
import type { TaskItem } from '../../../src/plugins/evaluation/task-item.js';

function item(length: number, positions: readonly number[]): TaskItem {
  return {
    id: String(length),
    tokens: Array<number>(length).fill(0),
    scored: positions.map((position) => ({ position, target: 1 })),
  };
}

const items = [item(16, [0, 14]), item(17, [15]), item(32, [16, 30]), item(33, [31])];

test('under outside_window a query sees its first key when the window has left one behind', () => {
  // Window 16: the query at 15 sees 0 … 15 in the window, the one at 16 has key 0 outside it.
  expect(coverageOf(items, { window: 16, linearScope: 'outside_window' })).toEqual({
    scored: 6,
    withKeys: 3,
    beyondWindow: 3,
    items: 4,
    longerThanWindow: 3,
    longerThanTwoWindows: 1,
  });
});

test('under all every query sees a key, itself at least', () => {
  expect(coverageOf(items, { window: 16, linearScope: 'all' })).toMatchObject({
    scored: 6,
    withKeys: 6,
    beyondWindow: 3,
  });
});

test('an item counts when one of its scored positions sees a key', () => {
  const scope = { window: 16, linearScope: 'outside_window' } as const;
  expect(items.map((each) => itemSeesKeys(each, scope))).toEqual([false, false, true, true]);
  expect(items.every((each) => itemSeesKeys(each, { window: 16, linearScope: 'all' }))).toBe(true);
});
