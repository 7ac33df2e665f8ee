import type { Estimate, IntervalEstimate } from '../../model/statistics.js';

const minus = '−';

/** Three significant digits, thousands separated: `0.0451`, `41.2`, `50,430`. */
export function significantText(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '∞' : `${minus}∞`;
  const size = Math.abs(value);
  if (size >= 999.95) return signed(Math.round(value).toLocaleString('en-US'));
  if (size >= 100) return signed(value.toFixed(1));
  return signed(size >= 0.1 || size === 0 ? value.toFixed(2) : value.toPrecision(2));
}

/** Two decimals, with a sign where asked: for scores between 0 and 1. */
export function scoreText(value: number, sign: 'always' | 'negative' = 'negative'): string {
  if (!Number.isFinite(value)) return significantText(value);
  const text = value.toFixed(2).replace(/^-(0\.00)$/, '$1');
  return sign === 'always' && value > 0 && text !== '0.00' ? `+${text}` : signed(text);
}

/** `0.92 ± 0.02`. */
export function estimateText({ value, standardError }: Estimate): string {
  return `${scoreText(value)} ± ${scoreText(standardError)}`;
}

/** `−0.46 [−0.52, −0.40]`. */
export function differenceText({ value, low, high }: IntervalEstimate): string {
  return `${scoreText(value, 'always')} [${scoreText(low, 'always')}, ${scoreText(high, 'always')}]`;
}

/** `×2.83 [2.66, 3.01]`. */
export function ratioText({ value, low, high }: IntervalEstimate): string {
  return `×${significantText(value)} [${significantText(low)}, ${significantText(high)}]`;
}

/** `97 %`; a tenth of a percent below one. */
export function percentText(share: number): string {
  const percents = 100 * share;
  if (!Number.isFinite(percents)) return '—';
  const small = percents !== 0 && Math.abs(percents) < 0.95;
  return `${signed(small ? percents.toFixed(Math.abs(percents) < 0.05 ? 2 : 1) : percents.toFixed(0))} %`;
}

function signed(text: string): string {
  return text.replace(/^-/, minus);
}
