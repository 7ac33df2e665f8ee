import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/base/json.js';
import type { OptionsSchema } from '../../src/base/json-schema.js';
import { lintSchema, validateOptions } from '../../src/runtime/options-schema.js';

const schema: OptionsSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['model'],
  properties: {
    model: { 'x-ref': 'model', description: 'The model to train.' },
    rank: { type: 'integer', minimum: 1, default: 8, description: 'Rank of the update.' },
    ratio: { type: 'number', minimum: 0, maximum: 1, description: 'Share of samples.' },
    window: { type: 'integer', exclusiveMinimum: 0, 'x-unit': 'tokens', description: 'Keys seen.' },
    scope: { type: 'string', enum: ['all', 'outside_window'], default: 'all', description: 'Keys.' },
    optimizer: {
      'x-plugin': 'optimizer',
      default: { plugin: 'adamw', options: {} },
      description: 'How parameters move.',
    },
    targets: {
      type: 'array',
      minItems: 1,
      uniqueItems: true,
      items: { type: 'string', enum: ['q', 'k'] },
      description: 'Projections.',
    },
    dropout: { 'x-schedule': true, minimum: 0, maximum: 1, description: 'Chance of a drop.' },
    stop: { 'x-condition': true, description: 'When to end.' },
    text: { 'x-path': 'file', description: 'The text.' },
  },
};

const model = { stage: 'teacher' };

const messages = (options: JsonObject): readonly string[] =>
  validateOptions(schema, { model, ...options }).problems.map(
    ({ pointer, message }) => `${pointer} ${message}`,
  );

test('defaults are filled in on a copy, and a number at a schedule place becomes a schedule of one', () => {
  const options = { model, dropout: 0.5 };
  expect(validateOptions(schema, options)).toEqual({
    problems: [],
    options: {
      model,
      rank: 8,
      scope: 'all',
      optimizer: { plugin: 'adamw', options: {} },
      dropout: { schedule: [0.5] },
    },
  });
  expect(options).toEqual({ model, dropout: 0.5 });
});

test.each<[string, JsonObject, string]>([
  ['a number out of range', { ratio: 1.5 }, '/ratio "ratio" must be between 0 and 1; this is 1.5.'],
  ['a number with a unit', { window: 0 }, '/window "window" must be more than 0 tokens; this is 0 tokens.'],
  ['a broken number', { rank: 1.5 }, '/rank "rank" must be a whole number; this is 1.5.'],
  ['a word for a number', { rank: 'x' }, '/rank "rank" must be a whole number; this is "x".'],
  [
    'an unknown word',
    { scope: 'most' },
    '/scope "scope" must be one of all, outside_window; this is "most".',
  ],
  ['a bad item', { targets: ['q', 'z'] }, '/targets/1 Item 2 of "targets" must be one of q, k; this is "z".'],
  ['an empty list', { targets: [] }, '/targets "targets" must have at least 1 item; this has 0.'],
  [
    'a doubled item',
    { targets: ['q', 'q'] },
    '/targets "targets" must not name the same thing twice; items 1 and 2 are equal.',
  ],
  [
    'a word for a component',
    { optimizer: 'adamw' },
    '/optimizer "optimizer" must name an optimizer, with its settings in braces; this is "adamw".',
  ],
  ['a word for a stage', { model: 'x' }, '/model "model" must name another stage of this file; this is "x".'],
  [
    'a schedule that leaves its bounds',
    { dropout: { schedule: [0.9, 1.2] } },
    '/dropout "dropout" must be between 0 and 1 all along; one value is 1.2.',
  ],
  [
    'a word for a schedule',
    { dropout: 'high' },
    '/dropout "dropout" must be a number or a schedule, such as 0.9 -> 0.5; this is "high".',
  ],
  [
    'a number for a condition',
    { stop: 3 },
    '/stop "stop" must be a condition, such as "epochs >= 1"; this is 3.',
  ],
  ['a number for a path', { text: 3 }, '/text "text" must be a path in quotes; this is 3.'],
])('%s is told in the words of the user', (_, options, message) => {
  expect(messages(options)).toEqual([message]);
});

test('a missing and an unknown key name the key, and every problem is told at once', () => {
  expect(validateOptions(schema, { rank: 0, windo: 3 }).problems).toEqual([
    {
      pointer: '',
      keyword: 'required',
      key: 'model',
      message: '"model" is missing; it has no default, so it must be set.',
    },
    {
      pointer: '',
      keyword: 'additionalProperties',
      key: 'windo',
      message:
        'There is no setting "windo". Known settings: model, rank, ratio, window, scope, optimizer, targets, dropout, stop, text.',
    },
    { pointer: '/rank', keyword: 'minimum', message: '"rank" must be at least 1; this is 0.' },
  ]);
});

test('a schema of a careful plugin has nothing to mend', () => {
  expect(lintSchema(schema)).toEqual([]);
});

test('lint finds missing descriptions, open records, broken defaults and misspelt keywords', () => {
  const careless: OptionsSchema = {
    type: 'object',
    additionalProperties: false,
    properties: {
      rank: { type: 'integer', minimum: 1, default: 0, description: 'Rank.' },
      inner: { type: 'object', properties: { size: { type: 'integer' } }, description: 'Inner.' },
    },
  };
  expect(lintSchema(careless)).toEqual([
    'The default of /rank breaks its own schema: "value" must be at least 1; this is 0.',
    '/inner must have additionalProperties: false.',
    '/inner/size has no description.',
  ]);
  const misspelt = { ...careless, requierd: ['rank'] };
  expect(lintSchema(misspelt)).toEqual(['The schema is invalid: strict mode: unknown keyword: "requierd".']);
});
