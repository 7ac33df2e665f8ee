import { expect, test } from 'vitest';
import { groupedBy } from '../../src/base/grouped-by.js';

test('groups come in the order of their first items, and items in theirs', () => {
  const groups = groupedBy(['pear', 'fig', 'plum', 'lime', 'fennel'], (word) => word[0]);
  expect([...groups]).toEqual([
    ['p', ['pear', 'plum']],
    ['f', ['fig', 'fennel']],
    ['l', ['lime']],
  ]);
});

test('nothing has no group', () => {
  expect(groupedBy([], String).size).toBe(0);
});
