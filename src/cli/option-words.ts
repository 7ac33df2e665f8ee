import { isCondition } from '../base/condition.js';
import { isJsonObject, type Json } from '../base/json.js';
import type { OptionSchema } from '../base/json-schema.js';
import type { Dimension } from '../base/units.js';
import { printCondition } from '../runtime/condition-text.js';

/** What may stand at an option's place, in words: `whole number of tokens, at least 1`. */
export function typeWords(schema: OptionSchema): string {
  const own = keywordWords(schema);
  if (own !== undefined) return own;
  if (schema.enum !== undefined) return schema.enum.map(plainText).join(', ');
  switch (schema.type) {
    case 'array':
      return `list: ${schema.items === undefined ? 'anything' : typeWords(schema.items)}`;
    case 'boolean':
      return 'true or false';
    case 'string':
      return 'text';
    case 'integer':
    case 'number':
      return numberWords(schema);
    default:
      return 'anything';
  }
}

function keywordWords(schema: OptionSchema): string | undefined {
  const reference = schema['x-ref'];
  if (reference !== undefined) return `a stage that gives a ${[reference].flat().join(' or ')}`;
  if (schema['x-plugin'] !== undefined) return `a component: ${schema['x-plugin']}`;
  if (schema['x-condition'] === true) return 'a condition over its metrics';
  if (schema['x-schedule'] === true) return 'a number or a schedule, such as 0.9 -> 0.5';
  return schema['x-path'] === undefined ? undefined : pathWords[schema['x-path']];
}

const pathWords: Readonly<Record<NonNullable<OptionSchema['x-path']>, string>> = {
  file: 'path of a file',
  folder: 'path of a folder',
  either: 'path of a file or a folder',
  output: 'path of a folder that receives a copy',
};

const unitWords: Readonly<Record<Dimension, string>> = {
  none: '',
  tokens: ' of tokens',
  steps: ' of steps',
  epochs: ' of epochs',
  evals: ' of evals',
  time: ' of seconds, or with a unit such as 5 min',
  bytes: ' of bytes, or with a unit such as 512 MiB',
  ratio: ', a ratio such as 5 %',
  'standard-errors': ' of standard errors',
};

function numberWords(schema: OptionSchema): string {
  const kind = schema.type === 'integer' ? 'whole number' : 'number';
  return `${kind}${unitWords[schema['x-unit'] ?? 'none']}${boundWords(schema)}`;
}

function boundWords({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: OptionSchema): string {
  if (minimum !== undefined && maximum !== undefined) return `, ${minimum} to ${maximum}`;
  return [
    ...(minimum === undefined ? [] : [`, at least ${minimum}`]),
    ...(exclusiveMinimum === undefined ? [] : [`, above ${exclusiveMinimum}`]),
    ...(maximum === undefined ? [] : [`, at most ${maximum}`]),
    ...(exclusiveMaximum === undefined ? [] : [`, below ${exclusiveMaximum}`]),
  ].join('');
}

const unitNames: Partial<Readonly<Record<Dimension, string>>> = {
  tokens: ' tokens',
  steps: ' steps',
  epochs: ' epochs',
  evals: ' evals',
  time: ' s',
  bytes: ' B',
};

/** A default as it would be written in a pipeline file. */
export function valueWords(value: Json, schema: OptionSchema = {}): string {
  if (typeof value === 'number') return `${value}${unitNames[schema['x-unit'] ?? 'none'] ?? ''}`;
  if (Array.isArray(value)) {
    const items = value as readonly Json[];
    return `[${items.map((item) => valueWords(item, schema.items)).join(', ')}]`;
  }
  if (!isJsonObject(value)) return plainText(value);
  if (Array.isArray(value['schedule']))
    return (value['schedule'] as readonly Json[]).map(plainText).join(' -> ');
  if (typeof value['plugin'] === 'string') return componentWords(value['plugin'], value['options']);
  return isCondition(value) ? printCondition(value) : JSON.stringify(value);
}

function componentWords(name: string, options: Json | undefined): string {
  const settings = isJsonObject(options) ? Object.entries(options) : [];
  if (settings.length === 0) return name;
  return `${name} { ${settings.map(([key, value]) => `${key} = ${valueWords(value)}`).join(', ')} }`;
}

function plainText(value: Json): string {
  if (typeof value !== 'string') return JSON.stringify(value);
  return /^[A-Za-z_]\w*$/.test(value) ? value : JSON.stringify(value);
}
