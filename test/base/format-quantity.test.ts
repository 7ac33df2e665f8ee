import { expect, test } from 'vitest';
import { formatBytes, formatDuration, formatNumber, formatRate } from '../../src/base/format-quantity.js';

test.each([
  [0, '0.0 s'],
  [9.94, '9.9 s'],
  [9.96, '10 s'],
  [59.6, '1 min 00 s'],
  [72, '1 min 12 s'],
  [3599.7, '1 h 00 min'],
  [7500, '2 h 05 min'],
  [-1, '0.0 s'],
  [Number.NaN, '?'],
])('%d seconds are %s', (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text);
});

test.each([
  [0, '0'],
  [0.8125, '0.8125'],
  [34.8123, '34.81'],
  [50430.4, '50430'],
  [1.23e-5, '1.23e-5'],
  [-0.05, '-0.05'],
  [12_345_678, '1.23e7'],
  ['NaN', 'NaN'],
])('the value %s is written %s', (value, text) => {
  expect(formatNumber(value)).toBe(text);
});

test('rates and sizes carry their unit', () => {
  expect([8.31, 0.1, 1234].map((rate) => formatRate(rate, 'steps'))).toEqual([
    '8.3 steps/s',
    '6 steps/min',
    '1234 steps/s',
  ]);
  expect([912, 1536, 812_345_678].map(formatBytes)).toEqual(['912 B', '1.5 KiB', '775 MiB']);
});
