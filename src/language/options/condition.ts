import { closestName } from '../../base/closest-name.js';
import type { Condition } from '../../base/condition.js';
import type { Json } from '../../base/json.js';
import type { FunctionCall, Held, Negation, NumberValue, Operation, Operator, Value } from '../ast.js';
import { diagnose } from '../diagnostics.js';
import { describeValue, unitWords } from './describe.js';
import { measure } from './number.js';
import { readQuantity, type QuantityUses } from './quantity.js';
import { fail, type Place, type Scope } from './scope.js';
import { substitute } from './substitute.js';

const aComparison = 'a comparison such as epochs >= 1, or plateau(validation.loss, 3 evals)';

/** Reads a condition. Whether its metrics exist is checked once the stage's settings are all known. */
export function evaluateCondition(value: Value, place: Place, scope: Scope): Json | undefined {
  return readCondition(value, place, scope);
}

function readCondition(written: Value, at: Place, scope: Scope): Condition | undefined {
  const [value, place] = substitute(written, at, scope);
  switch (value.kind) {
    case 'missing':
      scope.poison();
      return undefined;
    case 'operation':
      return readOperation(value, place, scope);
    case 'negation':
      return readNegation(value, place, scope);
    case 'held':
      return readHeld(value, place, scope);
    case 'function':
      return readFunction(value, place, scope);
    default:
      return invalid(value, aComparison, place, scope);
  }
}

function invalid(value: Value, expected: string, place: Place, scope: Scope): Condition | undefined {
  const found = describeValue(value);
  fail(scope, place, diagnose('invalid-condition', { found, expected }, { span: value.span }));
  return undefined;
}

function readOperation(operation: Operation, place: Place, scope: Scope): Condition | undefined {
  const { operator } = operation;
  if (operator === 'and' || operator === 'or') {
    const left = readCondition(operation.left, place, scope);
    const right = readCondition(operation.right, place, scope);
    return left && right && { op: operator, left, right };
  }
  if (isComparing(operator)) return readComparison(operation, operator, place, scope);
  return invalid(operation, aComparison, place, scope);
}

function isComparing(operator: Operator): operator is Comparing {
  return ['<', '<=', '>', '>=', '==', '!='].includes(operator);
}

type Comparing = '<' | '<=' | '>' | '>=' | '==' | '!=';

function readComparison(
  operation: Operation,
  op: Comparing,
  place: Place,
  scope: Scope,
): Condition | undefined {
  const uses: QuantityUses = { metrics: [], numbers: [] };
  const left = readQuantity(operation.left, place, scope, uses);
  const right = readQuantity(operation.right, place, scope, uses);
  scope.comparisons.push(uses);
  return left && right && { op, left, right };
}

function readNegation(value: Negation, place: Place, scope: Scope): Condition | undefined {
  if (value.operator !== 'not') return invalid(value, aComparison, place, scope);
  const operand = readCondition(value.operand, place, scope);
  return operand && { op: 'not', operand };
}

function readHeld(held: Held, place: Place, scope: Scope): Condition | undefined {
  const operand = readCondition(held.operand, place, scope);
  const evals = readEvals(held.duration, place, scope);
  return operand && evals !== undefined ? { op: 'for', operand, evals } : undefined;
}

/** A positive whole number of evaluations. */
function readEvals(number: NumberValue, place: Place, scope: Scope): number | undefined {
  const measured = measure(number, place, scope);
  if (measured === undefined) return undefined;
  const { value, dimension } = measured;
  if (dimension !== 'evals' && dimension !== 'none') {
    const expected = `a number${unitWords('evals')}`;
    const found = { key: place.key, found: describeValue(number), expected };
    fail(scope, place, diagnose('unit-mismatch', found, { span: number.span }));
    return undefined;
  }
  if (Number.isSafeInteger(value) && value >= 1) return value;
  invalid(number, 'a whole number of evaluations, at least 1', place, scope);
  return undefined;
}

const functions = ['plateau'];

function readFunction(call: FunctionCall, place: Place, scope: Scope): Condition | undefined {
  const { name } = call;
  if (functions.includes(name.text)) return readPlateau(call, place, scope);
  const close = closestName(name.text, functions);
  const fix = close === undefined ? undefined : { span: name.span, text: close };
  fail(
    scope,
    place,
    diagnose('unknown-function', { name: name.text, known: functions }, { span: name.span, fix }),
  );
  return undefined;
}

function readPlateau(call: FunctionCall, place: Place, scope: Scope): Condition | undefined {
  const values = call.arguments.map((value) => substitute(value, place, scope)[0]);
  if (values.some(({ kind }) => kind === 'missing')) {
    scope.poison();
    return undefined;
  }
  const [metric, duration, ...more] = values;
  if (metric?.kind !== 'word' || duration?.kind !== 'number' || more.length > 0) {
    return invalid(call, 'plateau(metric, N evals), such as plateau(validation.loss, 3 evals)', place, scope);
  }
  scope.metrics.push({ name: metric.text, span: metric.span });
  const evals = readEvals(duration, place, scope);
  return evals === undefined ? undefined : { op: 'plateau', metric: metric.text, evals };
}
