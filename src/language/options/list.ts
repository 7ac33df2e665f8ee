import type { Json } from '../../base/json.js';
import type { OptionSchema } from '../../base/json-schema.js';
import type { Range, Value } from '../ast.js';
import { diagnose } from '../diagnostics.js';
import { describeSchema, describeValue } from './describe.js';
import { fail, type Place, type Scope } from './scope.js';

const anything: OptionSchema = {};
const longestRange = 10_000;

/** Reads a list element by element; a range of whole numbers is the list of them. */
export function evaluateList(value: Value, place: Place, scope: Scope): Json | undefined {
  if (value.kind === 'range') return evaluateRange(value, place, scope);
  if (value.kind !== 'list') {
    const { span } = value;
    const text = span.source.text.slice(span.start, span.end);
    const found = describeValue(value);
    const expected = describeSchema(place.schema);
    const fix = { span, text: `[${text}]` };
    fail(scope, place, diagnose('type-mismatch', { key: place.key, found, expected }, { span, fix }));
    return undefined;
  }
  const schema = place.schema.items ?? anything;
  const elements = value.elements.map((element, index) =>
    scope.evaluate(element, { ...place, pointer: `${place.pointer}/${index}`, schema }),
  );
  const present = elements.filter((element) => element !== undefined);
  return present.length === elements.length ? present : undefined;
}

function evaluateRange(range: Range, place: Place, scope: Scope): Json | undefined {
  const item = place.schema.items ?? anything;
  const [from, to] = [range.from, range.to].map((bound) =>
    scope.evaluate(bound, { ...place, pointer: `${place.pointer}/0`, schema: item }),
  );
  if (typeof from !== 'number' || typeof to !== 'number') return undefined;
  const length = to - from + 1;
  if (Number.isSafeInteger(from) && Number.isSafeInteger(to) && length >= 1 && length <= longestRange) {
    return Array.from({ length }, (_, index) => from + index);
  }
  const message = `A range goes from one whole number up to another, at most ${longestRange} of them; this one is ${from}..${to}.`;
  fail(scope, place, diagnose('out-of-range', { message }, { span: range.span }));
  return undefined;
}
