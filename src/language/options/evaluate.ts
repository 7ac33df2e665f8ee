import type { Json } from '../../base/json.js';
import type { Value } from '../ast.js';
import { diagnose } from '../diagnostics.js';
import { evaluateComponent } from './component.js';
import { evaluateCondition } from './condition.js';
import { describeSchema, describeValue } from './describe.js';
import { evaluateList } from './list.js';
import { evaluateNumber, evaluateSchedule } from './number.js';
import { evaluateReference } from './reference.js';
import { fail, type Place, type Scope } from './scope.js';
import { substitute } from './substitute.js';
import { evaluateBoolean, evaluateString, evaluateWord } from './word.js';

/** Reads a value as the schema of its place wants it: what a word means is decided here, by the schema alone. */
export function evaluate(written: Value, at: Place, scope: Scope): Json | undefined {
  const [value, place] = substitute(written, at, scope);
  scope.places.set(place.pointer, value.span);
  if (value.kind === 'missing') {
    scope.poison();
    return undefined;
  }
  const { schema } = place;
  if (schema['x-plugin'] !== undefined) return evaluateComponent(value, schema['x-plugin'], place, scope);
  if (schema['x-ref'] !== undefined) return evaluateReference(value, place, scope);
  if (schema['x-condition'] === true) return evaluateCondition(value, place, scope);
  if (schema['x-schedule'] === true) return evaluateSchedule(value, place, scope);
  if (isEnumeration(place)) return evaluateWord(value, place, scope);
  return evaluatePlain(value, place, scope);
}

function isEnumeration({ schema }: Place): boolean {
  const words = schema.enum ?? (schema.const === undefined ? [] : [schema.const]);
  return words.length > 0 && words.every((word) => typeof word === 'string');
}

function evaluatePlain(value: Value, place: Place, scope: Scope): Json | undefined {
  switch (place.schema.type) {
    case 'number':
    case 'integer':
      return evaluateNumber(value, place, scope);
    case 'boolean':
      return evaluateBoolean(value, place, scope);
    case 'array':
      return evaluateList(value, place, scope);
    case 'string':
      return evaluateString(value, place, scope);
    default:
      return evaluateUntyped(value, place, scope);
  }
}

/** A schema without a type takes whatever can be written alone. */
function evaluateUntyped(value: Value, place: Place, scope: Scope): Json | undefined {
  if (value.kind === 'number') return evaluateNumber(value, place, scope);
  if (value.kind === 'string' || value.kind === 'boolean') return value.value;
  const found = { key: place.key, found: describeValue(value), expected: describeSchema(place.schema) };
  fail(scope, place, diagnose('type-mismatch', found, { span: value.span }));
  return undefined;
}
