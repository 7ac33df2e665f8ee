import { expect, test } from 'vitest';
import { readCellQuantity } from '../../src/report/html/cell-quantity.js';
import { linearScale } from '../../src/report/html/scale.js';
import { sparkline } from '../../src/report/sparkline.js';
import { displayWidth, truncate, wrapText } from '../../src/report/text-width.js';

test('text wraps at spaces, cuts what is too long, and keeps its own line breaks', () => {
  expect(wrapText('one two three\n\nfour', 8)).toEqual(['one two', 'three', '', 'four']);
  expect(wrapText('abcdefghij k', 4)).toEqual(['abcd', 'efgh', 'ij k']);
  expect(wrapText('日本語です', 4)).toEqual(['日本', '語で', 'す']);
});

test('truncated text fits and ends with an ellipsis', () => {
  expect(truncate('validation', 6)).toBe('valid…');
  expect(truncate('窓窓窓', 4)).toBe('窓…');
  expect(displayWidth(truncate('窓窓窓', 4))).toBeLessThanOrEqual(4);
  expect(truncate('same', 4)).toBe('same');
  expect(truncate('x', 0)).toBe('');
});

test('a sparkline goes from the lowest to the highest, and needs three values', () => {
  expect(sparkline([1, 2, 3, 4, 5, 6, 7, 8], 8)).toBe('▁▂▃▄▅▆▇█');
  expect(sparkline([4, 4, 4], 8)).toBe('▄▄▄');
  expect(sparkline([1, 2], 8)).toBe('');
  expect(sparkline([0, 0, 1, 1, 2, 2], 3)).toBe('▁▅█');
  expect(sparkline([1, Number.NaN, 2, 3], 8)).toBe('▁▅█');
});

test.each([
  ['0.921 ± 0.009', { value: 0.921, low: 0.912, high: 0.93 }],
  ['−0.074 [−0.091, −0.057]', { value: -0.074, low: -0.091, high: -0.057 }],
  ['×1.2 [1.1, 1.3]', { value: 1.2, low: 1.1, high: 1.3 }],
  ['96 %', { value: 96 }],
  ['50,430', { value: 50430 }],
])('the cell %s is a number with its interval', (cell, expected) => {
  const quantity = readCellQuantity(cell)!;
  expect(quantity.value).toBeCloseTo(expected.value, 10);
  if ('low' in expected)
    expect([quantity.low, quantity.high]).toEqual([
      expect.closeTo(expected.low, 10),
      expect.closeTo(expected.high, 10),
    ]);
  else expect(quantity.low).toBeUndefined();
});

test.each(['', '—', 'no keys', 'SWA + LA'])('the cell "%s" is no number', (cell) => {
  expect(readCellQuantity(cell)).toBeUndefined();
});

test('scales begin and end at round numbers around the values, also where all are equal', () => {
  expect(linearScale([0.13, 0.87], 0, 100).ticks).toEqual([0, 0.2, 0.4, 0.6000000000000001, 0.8, 1]);
  const flat = linearScale([3, 3], 0, 100);
  expect(flat.ticks.length).toBeGreaterThan(1);
  expect(Number.isFinite(flat.at(3))).toBe(true);
});
