import { closestName } from '../../base/closest-name.js';
import type { Json } from '../../base/json.js';
import { units, type Dimension, type Unit } from '../../base/units.js';
import type { NumberValue, Value } from '../ast.js';
import { diagnose } from '../diagnostics.js';
import { describeSchema, describeValue } from './describe.js';
import { fail, type Place, type Scope } from './scope.js';

/** A number in the base unit of its dimension. */
export interface Measured {
  readonly value: number;
  readonly dimension: Dimension;
}

/** Converts to the base unit; undefined, and reported, for a unit that does not exist. */
export function measure(number: NumberValue, place: Place, scope: Scope): Measured | undefined {
  if (number.unit === undefined) return { value: number.value, dimension: 'none' };
  const { text, span } = number.unit;
  const unit = unitNamed(text);
  if (unit !== undefined) {
    // A division keeps 5 % at 0.05 exactly, where a factor of 0.01 would not.
    const value = unit.factor < 1 ? number.value / Math.round(1 / unit.factor) : number.value * unit.factor;
    return { value, dimension: unit.dimension };
  }
  const known = Object.keys(units);
  const close = closestName(text, known);
  const fix = close === undefined ? undefined : { span, text: close };
  fail(scope, place, diagnose('unknown-unit', { name: text, known }, { span, fix }));
  return undefined;
}

function unitNamed(text: string): Unit | undefined {
  return Object.hasOwn(units, text) ? units[text] : undefined;
}

/** Reads a number; its unit must be of the dimension that the place wants, or absent. */
export function evaluateNumber(value: Value, place: Place, scope: Scope): Json | undefined {
  const { schema, key } = place;
  const { span } = value;
  if (value.kind !== 'number') {
    const found = describeValue(value);
    fail(scope, place, diagnose('type-mismatch', { key, found, expected: describeSchema(schema) }, { span }));
    return undefined;
  }
  const measured = measure(value, place, scope);
  if (measured === undefined) return undefined;
  const wanted = schema['x-unit'] ?? 'none';
  const hasUnit = measured.dimension !== 'none' && measured.dimension !== wanted;
  const isFit = schema.type === 'integer' ? Number.isSafeInteger : Number.isFinite;
  if (!hasUnit && isFit(measured.value)) return measured.value;
  const found = { key, found: describeValue(value), expected: describeSchema(schema) };
  fail(scope, place, diagnose(hasUnit ? 'unit-mismatch' : 'type-mismatch', found, { span }));
  return undefined;
}

/** Reads a schedule; a number alone is a schedule of one. */
export function evaluateSchedule(value: Value, place: Place, scope: Scope): Json | undefined {
  const steps = value.kind === 'schedule' ? value.steps : [value];
  if (steps.some((step) => step.kind === 'missing')) {
    scope.poison();
    return undefined;
  }
  const stepPlace = { ...place, schema: { ...place.schema, type: 'number' } } as const;
  const schedule = steps.map((step) => {
    if (step.kind === 'number') return evaluateNumber(step, stepPlace, scope);
    const found = describeValue(step);
    const expected = describeSchema(place.schema);
    fail(scope, place, diagnose('type-mismatch', { key: place.key, found, expected }, { span: step.span }));
    return undefined;
  });
  const numbers = schedule.filter((step) => typeof step === 'number');
  return numbers.length === schedule.length ? { schedule: numbers } : undefined;
}
