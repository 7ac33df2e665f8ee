import type { OptionSchema } from '../../base/json-schema.js';
import type { Dimension } from '../../base/units.js';
import type { Value } from '../ast.js';

/** A value as a message names it: `the number 16 tokens`, `the word teacher`, `a list`. */
export function describeValue(value: Value): string {
  switch (value.kind) {
    case 'boolean':
      return String(value.value);
    case 'word':
      return quoted(value.text.includes('.') ? 'metric' : 'word', value);
    case 'number':
    case 'string':
    case 'range':
      return quoted(value.kind, value);
    default:
      return describeCompound(value);
  }
}

type Compound = Exclude<Value, { kind: 'boolean' | 'word' | 'number' | 'string' | 'range' }>;

function describeCompound(value: Compound): string {
  switch (value.kind) {
    case 'list':
    case 'schedule':
      return `a ${value.kind}`;
    case 'component':
      return `the component ${value.name.text} { … }`;
    case 'function':
      return `the function call ${value.name.text}(…)`;
    case 'held':
      return 'a condition';
    case 'negation':
    case 'operation':
      return /^[-+*/]$/.test(value.operator) ? 'a calculation' : 'a condition';
    case 'missing':
      return 'nothing';
  }
}

function quoted(what: string, { span }: Value): string {
  const text = span.source.text.slice(span.start, span.end);
  return text.length > 40 || /[\r\n]/.test(text) ? `a ${what}` : `the ${what} ${text}`;
}

/** What a schema wants, as a message names it: `a number of tokens`, `a feature map`, `one of q, k, v, o`. */
export function describeSchema(schema: OptionSchema): string {
  if (schema['x-plugin'] !== undefined) return withArticle(schema['x-plugin'].replaceAll('-', ' '));
  if (schema['x-ref'] !== undefined)
    return `the name of a stage that gives ${artifactWords(schema['x-ref'])}`;
  if (schema['x-condition'] === true) return 'a condition, such as epochs >= 1';
  if (schema['x-schedule'] === true) return 'a number, or a schedule such as 0.9 -> 0.5';
  if (schema.enum !== undefined) return `one of ${schema.enum.map(String).join(', ')}`;
  if (schema['x-path'] !== undefined) return 'a path in double quotes';
  return typeWords(schema);
}

function typeWords(schema: OptionSchema): string {
  switch (schema.type) {
    case 'integer':
      return `a whole number${unitWords(schema['x-unit'])}`;
    case 'number':
      return `a number${unitWords(schema['x-unit'])}`;
    case 'string':
      return 'a string in double quotes';
    case 'boolean':
      return 'true or false';
    case 'array':
      return schema.items === undefined ? 'a list' : `a list, each element ${describeSchema(schema.items)}`;
    default:
      return 'another kind of value';
  }
}

/** `a model`, `a model or dataset`. */
export function artifactWords(type: OptionSchema['x-ref']): string {
  const types = typeof type === 'string' ? [type] : (type ?? []);
  return withArticle(types.join(' or '));
}

const unitExamples: Readonly<Record<Dimension, string>> = {
  none: ' without a unit',
  tokens: ' of tokens, such as 16 tokens',
  steps: ' of steps, such as 100 steps',
  epochs: ' of epochs, such as 2 epochs',
  evals: ' of evaluations, such as 3 evals',
  time: ' with a time, such as 5 min',
  bytes: ' with a size, such as 512 MiB',
  ratio: ' or a percentage, such as 0.05 or 5 %',
  'standard-errors': ' of standard errors, such as 2 se',
};

/** What a unit adds to "a number". */
export function unitWords(dimension: Dimension | undefined): string {
  return unitExamples[dimension ?? 'none'];
}

/** With `a` or `an`. */
function withArticle(words: string): string {
  return `${/^[aeiou]/.test(words) ? 'an' : 'a'} ${words}`;
}
