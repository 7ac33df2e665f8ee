import { expect, test } from 'vitest';
import { typeWords, valueWords } from '../../src/cli/option-words.js';
import type { Json } from '../../src/base/json.js';
import type { OptionSchema } from '../../src/base/json-schema.js';

test.each<[OptionSchema, string]>([
  [{ 'x-ref': ['model', 'folder'] }, 'a stage that gives a model or folder'],
  [{ 'x-plugin': 'feature-map' }, 'a component: feature-map'],
  [{ 'x-condition': true }, 'a condition over its metrics'],
  [{ 'x-schedule': true, type: 'number' }, 'a number or a schedule, such as 0.9 -> 0.5'],
  [{ type: 'string', 'x-path': 'either' }, 'path of a file or a folder'],
  [{ enum: ['softmax', 'one_plus_elu'] }, 'softmax, one_plus_elu'],
  [{ type: 'integer', 'x-unit': 'tokens', minimum: 1 }, 'whole number of tokens, at least 1'],
  [{ type: 'number', 'x-unit': 'ratio', minimum: 0, maximum: 1 }, 'number, a ratio such as 5 %, 0 to 1'],
  [{ type: 'number', exclusiveMinimum: 0 }, 'number, above 0'],
  [{ type: 'array', items: { type: 'string' } }, 'list: text'],
  [{ type: 'boolean' }, 'true or false'],
])('%j is said as "%s"', (schema, words) => {
  expect(typeWords(schema)).toBe(words);
});

const epochs = { op: '>=', left: { op: 'metric', name: 'epochs' }, right: { op: 'number', value: 1 } };

test.each<[Json, OptionSchema, string]>([
  [16, { 'x-unit': 'tokens' }, '16 tokens'],
  [0.05, { 'x-unit': 'ratio' }, '0.05'],
  ['softmax', {}, 'softmax'],
  ['a b', {}, '"a b"'],
  [{ schedule: [0.9, 0.75, 0.5] }, {}, '0.9 -> 0.75 -> 0.5'],
  [{ plugin: 'lora', options: { rank: 8, targets: ['q', 'k'] } }, {}, 'lora { rank = 8, targets = [q, k] }'],
  [[{ plugin: 'both', options: {} }], {}, '[both]'],
  [epochs, { 'x-condition': true }, 'epochs >= 1'],
  [epochs, {}, 'epochs >= 1'],
  [{ plugin: 'odd', options: { op: 'and' } }, {}, 'odd { op = and }'],
])('the default %j is written as in a file', (value, schema, words) => {
  expect(valueWords(value, schema)).toBe(words);
});
