import type { Quantity } from '../../base/condition.js';
import type { Dimension } from '../../base/units.js';
import type { Span } from '../../base/span.js';
import type { Negation, NumberValue, Operation, Value } from '../ast.js';
import { diagnose } from '../diagnostics.js';
import { describeValue } from './describe.js';
import { measure } from './number.js';
import { fail, type MetricUse, type Place, type Scope } from './scope.js';
import { substitute } from './substitute.js';

/** What one comparison names, for the check of units. */
export interface QuantityUses {
  readonly metrics: MetricUse[];
  readonly numbers: { readonly dimension: Dimension; readonly span: Span }[];
}

const aQuantity = 'a number, a metric such as validation.loss, or a calculation with them';

/** Reads one side of a comparison. */
export function readQuantity(
  written: Value,
  at: Place,
  scope: Scope,
  uses: QuantityUses,
): Quantity | undefined {
  const [value, place] = substitute(written, at, scope);
  switch (value.kind) {
    case 'missing':
      scope.poison();
      return undefined;
    case 'number':
      return readNumber(value, place, scope, uses);
    case 'word': {
      const use = { name: value.text, span: value.span };
      scope.metrics.push(use);
      uses.metrics.push(use);
      return { op: 'metric', name: value.text };
    }
    case 'operation':
      return readCalculation(value, place, scope, uses);
    case 'negation':
      return readSign(value, place, scope, uses);
    default:
      return invalid(value, place, scope);
  }
}

function readSign(value: Negation, place: Place, scope: Scope, uses: QuantityUses): Quantity | undefined {
  if (value.operator === 'not') return invalid(value, place, scope);
  const operand = readQuantity(value.operand, place, scope, uses);
  return operand && { op: 'negate', operand };
}

function readNumber(
  number: NumberValue,
  place: Place,
  scope: Scope,
  uses: QuantityUses,
): Quantity | undefined {
  const measured = measure(number, place, scope);
  if (measured === undefined) return undefined;
  const { value, dimension } = measured;
  if (dimension === 'standard-errors') return { op: 'standard-errors', value };
  if (dimension !== 'none' && dimension !== 'ratio') uses.numbers.push({ dimension, span: number.span });
  return { op: 'number', value };
}

function readCalculation(
  operation: Operation,
  place: Place,
  scope: Scope,
  uses: QuantityUses,
): Quantity | undefined {
  const { operator } = operation;
  if (operator === '+' || operator === '-' || operator === '*' || operator === '/') {
    // A product has another dimension than its factors, so units inside it are not compared.
    const inner = operator === '+' || operator === '-' ? uses : { metrics: [], numbers: [] };
    const left = readQuantity(operation.left, place, scope, inner);
    const right = readQuantity(operation.right, place, scope, inner);
    return left && right && { op: operator, left, right };
  }
  return invalid(operation, place, scope);
}

function invalid(value: Value, place: Place, scope: Scope): Quantity | undefined {
  const found = describeValue(value);
  const isChain = value.kind === 'operation' && /^[<>=!]/.test(value.operator);
  const expected = isChain ? 'one comparison at a time; join two of them by "and"' : aQuantity;
  fail(scope, place, diagnose('invalid-condition', { found, expected }, { span: value.span }));
  return undefined;
}
