import type { Condition, Quantity } from '../base/condition.js';
import type { MetricValue } from './contract/stage.js';

export type Comparison = Extract<Condition, { readonly left: Quantity }>;

export type StandardErrorOf = (weights: ReadonlyMap<string, number>) => number;

/** A quantity near the present values: its value and its slope in each metric and in one standard error. */
interface Linear {
  readonly value: number;
  readonly slopes: ReadonlyMap<string, number>;
  readonly standardErrors: number;
}

/**
 * Whether a comparison holds at these values; undefined where a metric has no value or is not a number, or where
 * standard errors are asked for and none is known. One standard error is that of the difference of the two sides,
 * linearised at the present values (the delta method).
 */
export function compare(
  comparison: Comparison,
  values: ReadonlyMap<string, MetricValue>,
  standardErrorOf?: StandardErrorOf,
): boolean | undefined {
  const left = linearise(comparison.left, values);
  const right = linearise(comparison.right, values);
  const difference = left.value - right.value;
  const allowance = left.standardErrors - right.standardErrors;
  if (allowance === 0) return judge(comparison.op, difference);
  const weights = combine(left.slopes, right.slopes, -1);
  const standardError = standardErrorOf?.(weights) ?? independent(weights, values);
  return judge(comparison.op, difference + allowance * standardError);
}

function judge(op: Comparison['op'], difference: number): boolean | undefined {
  if (Number.isNaN(difference)) return undefined;
  switch (op) {
    case '<':
      return difference < 0;
    case '<=':
      return difference <= 0;
    case '>':
      return difference > 0;
    case '>=':
      return difference >= 0;
    case '==':
      return difference === 0;
    case '!=':
      return difference !== 0;
  }
}

/** Metrics as independent quantities; one without a standard error is exact, but not all can be. */
function independent(weights: ReadonlyMap<string, number>, values: ReadonlyMap<string, MetricValue>): number {
  const known = [...weights].flatMap(([name, weight]) => {
    const standardError = values.get(name)?.standardError;
    return standardError === undefined ? [] : [weight * standardError];
  });
  return known.length === 0 ? Number.NaN : Math.hypot(...known);
}

function linearise(quantity: Quantity, values: ReadonlyMap<string, MetricValue>): Linear {
  switch (quantity.op) {
    case 'number':
      return { value: quantity.value, slopes: new Map(), standardErrors: 0 };
    case 'standard-errors':
      return { value: 0, slopes: new Map(), standardErrors: quantity.value };
    case 'metric':
      return {
        value: values.get(quantity.name)?.value ?? Number.NaN,
        slopes: new Map([[quantity.name, 1]]),
        standardErrors: 0,
      };
    case 'negate':
      return scale(linearise(quantity.operand, values), -1);
    case '+':
    case '-':
    case '*':
    case '/':
      return combineLinear(quantity.op, linearise(quantity.left, values), linearise(quantity.right, values));
  }
}

function combineLinear(op: '+' | '-' | '*' | '/', left: Linear, right: Linear): Linear {
  switch (op) {
    case '+':
      return add(left, right);
    case '-':
      return add(left, scale(right, -1));
    case '*':
      return { ...add(scale(left, right.value), scale(right, left.value)), value: left.value * right.value };
    case '/': {
      const value = left.value / right.value;
      return { ...add(scale(left, 1 / right.value), scale(right, -value / right.value)), value };
    }
  }
}

function add(left: Linear, right: Linear): Linear {
  return {
    value: left.value + right.value,
    slopes: combine(left.slopes, right.slopes, 1),
    standardErrors: left.standardErrors + right.standardErrors,
  };
}

function scale(linear: Linear, factor: number): Linear {
  return {
    value: linear.value * factor,
    slopes: combine(new Map(), linear.slopes, factor),
    standardErrors: linear.standardErrors * factor,
  };
}

function combine(
  left: ReadonlyMap<string, number>,
  right: ReadonlyMap<string, number>,
  factor: number,
): ReadonlyMap<string, number> {
  const sum = new Map(left);
  for (const [name, slope] of right) sum.set(name, (sum.get(name) ?? 0) + factor * slope);
  return sum;
}
