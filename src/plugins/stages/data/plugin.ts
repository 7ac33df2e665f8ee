import type { OptionProblem } from '../../../base/signatures.js';
import { defineStage } from '../../../runtime/contract/plugin.js';

/** Texts and other sources as packed rows of tokens, a share of them held out. */
export const data = defineStage({
  kind: 'data',
  summary: 'Tokenises text, packs it into rows of one length, and holds a share out for validation.',
  options: {
    type: 'object',
    additionalProperties: false,
    required: ['context'],
    properties: {
      source: {
        type: 'string',
        minLength: 1,
        'x-path': 'either',
        description:
          'A .jsonl, .json, .parquet or .txt file, or a folder of them: short for sources = [text { path = … }].',
      },
      sources: {
        type: 'array',
        items: { 'x-plugin': 'source' },
        minItems: 1,
        description: 'What the rows are made of. At least one source must give text.',
      },
      tokenizer: {
        'x-ref': 'model',
        description: 'The model whose tokenizer makes the tokens.',
      },
      tokenizer_file: {
        type: 'string',
        minLength: 1,
        'x-path': 'file',
        description: 'A tokenizer.json, where there is no model yet.',
      },
      context: {
        type: 'integer',
        minimum: 2,
        'x-unit': 'tokens',
        description: 'Tokens of a row.',
      },
      holdout: {
        type: 'number',
        exclusiveMinimum: 0,
        exclusiveMaximum: 1,
        default: 0.05,
        'x-unit': 'ratio',
        description: 'The share that is never trained on: whole documents, as far as there are several.',
      },
      packing: {
        type: 'string',
        enum: ['joined', 'separate'],
        default: 'joined',
        description:
          'Documents one after the other, cut into rows; or each in rows of its own, the last one filled up with tokens that do not count.',
      },
      shuffle: {
        type: 'boolean',
        default: false,
        description:
          "Whether documents become rows in a random order, from the pipeline's seed, and not in that of the files. Training draws its rows in random order anyway.",
      },
    },
  },
  output: 'dataset',
  resource: 'cpu',
  check: (options) => [
    ...exactlyOne(options, ['source', 'sources']),
    ...exactlyOne(options, ['tokenizer', 'tokenizer_file']),
  ],
  forecast: async (options) => (await import('./forecast.js')).forecastData(options),
  load: async () => (await import('./run.js')).DataStage,
});

function exactlyOne(
  options: Readonly<Record<string, unknown>>,
  keys: readonly [string, string],
): readonly OptionProblem[] {
  const given = keys.filter((key) => options[key] !== undefined);
  if (given.length === 1) return [];
  const message =
    given.length === 0
      ? `Neither "${keys[0]}" nor "${keys[1]}" is set. Set one of them.`
      : `Both "${keys[0]}" and "${keys[1]}" are set. Keep one of them.`;
  return [{ pointer: given.length === 0 ? '' : `/${keys[1]}`, keyword: 'rule', message }];
}
