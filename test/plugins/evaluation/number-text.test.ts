import { expect, test } from 'vitest';
import {
  differenceText,
  percentText,
  ratioText,
  scoreText,
  significantText,
} from '../../../src/plugins/evaluation/number-text.js';

test.each([
  [50430.4, '50,430'],
  [1000, '1,000'],
  [999.96, '1,000'],
  [999.9, '999.9'],
  [134.66, '134.7'],
  [41.234, '41.23'],
  [0, '0.00'],
  [0.0451, '0.045'],
  [-2.5, '−2.50'],
  [Number.NaN, 'NaN'],
  [Number.POSITIVE_INFINITY, '∞'],
  [Number.NEGATIVE_INFINITY, '−∞'],
])('%d reads %s', (value, text) => {
  expect(significantText(value)).toBe(text);
});

test.each([
  [0.456, '+0.46'],
  [-0.456, '−0.46'],
  [0.001, '0.00'],
  [-0.001, '0.00'],
])('the difference %d reads %s', (value, text) => {
  expect(scoreText(value, 'always')).toBe(text);
});

test.each([
  [1, '100 %'],
  [0.971, '97 %'],
  [0.004, '0.4 %'],
  [0.0001, '0.01 %'],
  [0, '0 %'],
  [-0.03, '−3 %'],
  [Number.NaN, '—'],
])('the share %d reads %s', (value, text) => {
  expect(percentText(value)).toBe(text);
});

test('differences and ratios carry their intervals', () => {
  const estimate = { standardError: 0.03, items: 9 };
  expect(differenceText({ ...estimate, value: -0.46, low: -0.52, high: 0.004 })).toBe('−0.46 [−0.52, 0.00]');
  expect(ratioText({ ...estimate, value: 2.83, low: 2.66, high: 3.01 })).toBe('×2.83 [2.66, 3.01]');
});
