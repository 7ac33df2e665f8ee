import { closestName } from '../../base/closest-name.js';
import type { Json } from '../../base/json.js';
import type { Value } from '../ast.js';
import { diagnose } from '../diagnostics.js';
import { writeString } from '../string-literal.js';
import { describeSchema, describeValue } from './describe.js';
import { fail, type Place, type Scope } from './scope.js';

/** Reads a word of an enumeration. */
export function evaluateWord(value: Value, place: Place, scope: Scope): Json | undefined {
  const { key, schema } = place;
  const { span } = value;
  const known = (schema.enum ?? [schema.const ?? '']).map(String);
  if (value.kind === 'word' && known.includes(value.text)) return value.text;
  if (value.kind === 'word') {
    const close = closestName(value.text, known);
    const fix = close === undefined ? undefined : { span, text: close };
    fail(scope, place, diagnose('unknown-word', { name: value.text, known, key }, { span, fix }));
    return undefined;
  }
  const isQuoted = value.kind === 'string' && known.includes(value.value);
  const fix = isQuoted ? { span, text: value.value } : undefined;
  const hint = isQuoted ? { hint: 'Such words are written without quotes.' } : {};
  const found = describeValue(value);
  const expected = describeSchema(schema);
  fail(scope, place, diagnose('type-mismatch', { key, found, expected, ...hint }, { span, fix }));
  return undefined;
}

/** Reads a string or a path. */
export function evaluateString(value: Value, place: Place, scope: Scope): Json | undefined {
  if (value.kind === 'string') return value.value;
  const { key, schema } = place;
  const { span } = value;
  const fix = value.kind === 'word' ? { span, text: writeString(value.text) } : undefined;
  const found = describeValue(value);
  fail(
    scope,
    place,
    diagnose('type-mismatch', { key, found, expected: describeSchema(schema) }, { span, fix }),
  );
  return undefined;
}

/** Reads `true` or `false`. */
export function evaluateBoolean(value: Value, place: Place, scope: Scope): Json | undefined {
  if (value.kind === 'boolean') return value.value;
  const { key, schema } = place;
  const found = describeValue(value);
  const expected = describeSchema(schema);
  fail(scope, place, diagnose('type-mismatch', { key, found, expected }, { span: value.span }));
  return undefined;
}
