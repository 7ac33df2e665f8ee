/** A mean over items with what its items say about its uncertainty. */
export interface Estimate {
  readonly value: number;
  /** Standard deviation (n - 1) over the root of n; infinite for fewer than two items, which say nothing about it. */
  readonly standardError: number;
  readonly items: number;
}

/** A 95 % interval. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** An estimate with its 95 % interval. */
export interface IntervalEstimate extends Estimate, Interval {}

/** One metric's part in a linear combination: its weight, and what each item adds to the metric (see `influence`). */
export interface WeightedItems {
  readonly weight: number;
  readonly items: readonly number[];
}

/** Two-sided 95 % quantile of the normal distribution. */
export const normalQuantile95 = 1.959963984540054;

/** The sum, added up in the order of the values. */
export function sum(values: readonly number[]): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

/** Arithmetic mean; not-a-number for no items. */
export function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}

/** Standard error of the mean of independent items: sample standard deviation (n - 1) over the root of n. */
export function standardErrorOfMean(values: readonly number[]): number {
  const count = values.length;
  if (count < 2) return Number.POSITIVE_INFINITY;
  const centre = mean(values);
  let squares = 0;
  for (const value of values) squares += (value - centre) ** 2;
  return Math.sqrt(squares / (count - 1) / count);
}

/** The mean of independent items with its standard error. */
export function estimateMean(values: readonly number[]): Estimate {
  return { value: mean(values), standardError: standardErrorOfMean(values), items: values.length };
}

/** The 95 % interval of an estimate, normal approximation. */
export function interval95({ value, standardError }: Estimate): Interval {
  const half = normalQuantile95 * standardError;
  return { low: value - half, high: value + half };
}

/**
 * Mean of the differences `first - second` on the same items, with the 95 % interval that pairing allows.
 * Throws `RangeError` when the lists differ in length.
 */
export function pairedDifference(first: readonly number[], second: readonly number[]): IntervalEstimate {
  const estimate = estimateMean(subtract(first, second));
  return { ...estimate, ...interval95(estimate) };
}

/**
 * Standard error of a weighted sum of metrics that were measured on the same items, in the same order.
 * Throws `RangeError` when the lists differ in length.
 */
export function combinedStandardError(terms: readonly WeightedItems[]): number {
  const [first] = terms;
  if (first === undefined) return 0;
  const sums = first.items.map(() => 0);
  for (const { weight, items } of terms) {
    requireSameLength(items, sums);
    items.forEach((value, index) => {
      sums[index] = (sums[index] ?? 0) + weight * value;
    });
  }
  return standardErrorOfMean(sums);
}

/** Perplexity: exp of the mean loss in nats, with the delta method's standard error. Items are sequences of equal length. */
export function perplexity(losses: readonly number[]): Estimate {
  const loss = estimateMean(losses);
  const value = Math.exp(loss.value);
  return { value, standardError: value * loss.standardError, items: loss.items };
}

/**
 * What each item adds to the perplexity, to first order: items whose mean is the perplexity and whose standard error
 * is the delta method's. Lets perplexities take part in `combinedStandardError`.
 */
export function perplexityInfluence(losses: readonly number[]): readonly number[] {
  const centre = mean(losses);
  const value = Math.exp(centre);
  return losses.map((loss) => value * (1 + loss - centre));
}

/**
 * The ratio of two sums over items, `sum(parts) / sum(sizes)`, as one value an item: their mean is the ratio, and their
 * standard error the delta method's (each item's residual over the mean size).
 */
export function ratioItems(parts: readonly number[], sizes: readonly number[]): readonly number[] {
  requireSameLength(parts, sizes);
  const size = mean(sizes);
  const ratio = mean(parts) / size;
  return parts.map((part, index) => ratio + (part - ratio * (sizes[index] ?? 0)) / size);
}

/**
 * Standard error of the mean over groups of items, pooled: the variance within the groups, as lm-evaluation-harness
 * gives it for groups of tasks. Infinite where no group says anything about it.
 */
export function pooledStandardError(groups: readonly (readonly number[])[]): number {
  const count = sum(groups.map((items) => items.length));
  let squares = 0;
  for (const items of groups) {
    const centre = mean(items);
    for (const value of items) squares += (value - centre) ** 2;
  }
  const freedom = count - groups.length;
  return freedom < 1 ? Number.POSITIVE_INFINITY : Math.sqrt(squares / freedom / count);
}

/** How many times higher the first perplexity is, with the 95 % interval of the paired loss difference. */
export function perplexityRatio(first: readonly number[], second: readonly number[]): IntervalEstimate {
  const difference = pairedDifference(first, second);
  const value = Math.exp(difference.value);
  return {
    value,
    standardError: value * difference.standardError,
    items: difference.items,
    low: Math.exp(difference.low),
    high: Math.exp(difference.high),
  };
}

/**
 * The share of the teacher that a converted model recovers. For scores it is `model / teacher`; for perplexities,
 * where lower is better, `teacher / model`. 1 is all of it.
 */
export function recovery(model: number, teacher: number, better: 'lower' | 'higher'): number {
  return better === 'higher' ? model / teacher : teacher / model;
}

function subtract(first: readonly number[], second: readonly number[]): readonly number[] {
  requireSameLength(first, second);
  return first.map((value, index) => value - (second[index] ?? Number.NaN));
}

function requireSameLength(first: readonly number[], second: readonly number[]): void {
  if (first.length !== second.length)
    throw new RangeError(
      `Paired statistics need the same items; found ${first.length} and ${second.length}.`,
    );
}
