import { isJsonObject, type Json } from '../base/json.js';
import type { OptionSchema } from '../base/json-schema.js';
import type { OptionProblem } from '../base/signatures.js';
import type { Dimension } from '../base/units.js';

/** One breach as the validator found it: where, which keyword, its parameters, the schema around it, the value. */
export interface Breach {
  readonly pointer: string;
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly schema: OptionSchema;
  readonly value: unknown;
}

/** Says a breach in the user's words: what was found, what is expected. */
export function describeBreach(breach: Breach): OptionProblem {
  const { pointer, keyword } = breach;
  if (keyword === 'required') {
    const key = String(breach.params['missingProperty']);
    return { pointer, keyword, key, message: `"${key}" is missing; it has no default, so it must be set.` };
  }
  if (keyword === 'additionalProperties') {
    const key = String(breach.params['additionalProperty']);
    return { pointer, keyword, key, message: unknownKey(key, breach.schema) };
  }
  return { pointer, keyword, message: `${subject(pointer)} ${expectation(breach)}.` };
}

function unknownKey(key: string, schema: OptionSchema): string {
  const known = Object.keys(schema.properties ?? {});
  const list = known.length === 0 ? 'There are no settings here' : `Known settings: ${known.join(', ')}`;
  return `There is no setting "${key}". ${list}.`;
}

/** `"rank"`, or `Item 2 of "branches"` for a place in a list. */
function subject(pointer: string): string {
  const steps = pointer.split('/').slice(1).map(unescapePointer);
  const last = steps.at(-1);
  if (last === undefined) return 'The settings';
  if (!/^\d+$/.test(last)) return `"${last}"`;
  const owner = steps.at(-2);
  return owner === undefined ? `Item ${Number(last) + 1}` : `Item ${Number(last) + 1} of "${owner}"`;
}

function unescapePointer(step: string): string {
  return step.replaceAll('~1', '/').replaceAll('~0', '~');
}

const typeWords: Readonly<Record<string, string>> = {
  object: 'settings in braces',
  array: 'a list, such as [a, b]',
  number: 'a number',
  integer: 'a whole number',
  string: 'a word or a text in quotes',
  boolean: 'true or false',
};

const placeWords: Readonly<Record<string, string>> = {
  'x-ref': 'must name another stage of this file',
  'x-condition': 'must be a condition, such as "epochs >= 1"',
  'x-path': 'must be a path in quotes',
};

function expectation(breach: Breach): string {
  const { keyword, schema, value } = breach;
  if (keyword === 'x-schedule') return scheduleExpectation(breach);
  const size = sizeExpectation(breach);
  if (size !== undefined) return size;
  return `${formExpectation(keyword, schema)}; this is ${describeValue(value, schema['x-unit'])}`;
}

function formExpectation(keyword: string, schema: OptionSchema): string {
  switch (keyword) {
    case 'type':
      return `must be ${typeWords[schema.type ?? ''] ?? 'of another type'}`;
    case 'enum':
      return `must be one of ${(schema.enum ?? []).map(word).join(', ')}`;
    case 'const':
      return `must be ${word(schema.const ?? null)}`;
    case 'x-plugin':
      return `must name ${article(schema['x-plugin'] ?? 'component')}, with its settings in braces`;
    default:
      return placeWords[keyword] ?? range(schema);
  }
}

function scheduleExpectation({ schema, params, value }: Breach): string {
  const outside = params['outside'];
  if (typeof outside !== 'number') {
    return `must be a number or a schedule, such as 0.9 -> 0.5; this is ${describeValue(value, schema['x-unit'])}`;
  }
  return `${range(schema)} all along; one value is ${describeValue(outside, schema['x-unit'])}`;
}

function sizeExpectation({ keyword, schema, value, params }: Breach): string | undefined {
  const length = Array.isArray(value) ? value.length : 0;
  switch (keyword) {
    case 'minItems':
      return `must have at least ${count(schema.minItems ?? 0, 'item')}; this has ${length}`;
    case 'maxItems':
      return `must have at most ${count(schema.maxItems ?? 0, 'item')}; this has ${length}`;
    case 'uniqueItems':
      return `must not name the same thing twice; ${equalItems(params)}`;
    case 'minLength':
      return schema.minLength === 1
        ? 'must not be empty'
        : `must have at least ${count(schema.minLength ?? 0, 'character')}`;
    case 'pattern':
      return `must have the form ${schema.pattern ?? ''}; this is ${describeValue(value)}`;
    default:
      return undefined;
  }
}

function equalItems(params: Breach['params']): string {
  const places = [Number(params['i']) + 1, Number(params['j']) + 1].sort((left, right) => left - right);
  return `items ${places.join(' and ')} are equal`;
}

function range(schema: OptionSchema): string {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema;
  const show = (bound: number): string => describeValue(bound, schema['x-unit']);
  if (minimum !== undefined && maximum !== undefined)
    return `must be between ${show(minimum)} and ${show(maximum)}`;
  const rules = [
    minimum === undefined ? [] : [`at least ${show(minimum)}`],
    exclusiveMinimum === undefined ? [] : [`more than ${show(exclusiveMinimum)}`],
    maximum === undefined ? [] : [`at most ${show(maximum)}`],
    exclusiveMaximum === undefined ? [] : [`less than ${show(exclusiveMaximum)}`],
  ].flat();
  return `must be ${rules.join(' and ')}`;
}

const unitWords: Partial<Record<Dimension, readonly [one: string, many: string]>> = {
  tokens: ['token', 'tokens'],
  steps: ['step', 'steps'],
  epochs: ['epoch', 'epochs'],
  evals: ['eval', 'evals'],
  time: ['s', 's'],
  bytes: ['B', 'B'],
};

/** A value as a reader would write it: numbers with their unit, words bare or in quotes, anything larger by its form. */
function describeValue(value: unknown, unit?: Dimension): string {
  if (typeof value === 'number') {
    const words = unit === undefined ? undefined : unitWords[unit];
    return words === undefined ? String(value) : `${value} ${value === 1 ? words[0] : words[1]}`;
  }
  if (typeof value === 'string') return `"${value}"`;
  if (Array.isArray(value)) return 'a list';
  if (isJsonObject(value)) return describeObject(value);
  return String(value);
}

function describeObject(value: Readonly<Record<string, Json>>): string {
  if (typeof value['plugin'] === 'string') return `the component "${value['plugin']}"`;
  if (typeof value['stage'] === 'string') return `the stage "${value['stage']}"`;
  if (Array.isArray(value['schedule'])) return 'a schedule';
  if (typeof value['op'] === 'string') return 'a condition';
  return 'settings in braces';
}

function word(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function count(size: number, noun: string): string {
  return `${size} ${noun}${size === 1 ? '' : 's'}`;
}

function article(kind: string): string {
  const words = kind.replaceAll('-', ' ');
  return `${/^[aeiou]/.test(words) ? 'an' : 'a'} ${words}`;
}
