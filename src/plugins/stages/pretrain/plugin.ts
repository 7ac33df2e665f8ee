import { defineStage } from '../../../runtime/contract/plugin.js';
import { checkPlannedLength } from '../../training/planned-length.js';
import { trainingMetrics, trainingOptions } from '../../training/training-options.js';

/** A Llama from random weights. */
export const pretrain = defineStage({
  kind: 'pretrain',
  summary: 'Trains a Llama from random weights on next tokens, and makes it a Hugging Face folder.',
  options: {
    type: 'object',
    additionalProperties: false,
    required: ['data', 'tokenizer_file', 'stop'],
    properties: {
      data: { 'x-ref': 'dataset', description: 'The rows to train and to validate on.' },
      tokenizer_file: {
        type: 'string',
        minLength: 1,
        'x-path': 'file',
        description: 'The tokenizer.json that made the data; it becomes part of the model.',
      },
      layers: { type: 'integer', minimum: 1, default: 2, description: 'Decoder layers.' },
      hidden: { type: 'integer', minimum: 2, default: 128, description: 'Features of a token.' },
      heads: { type: 'integer', minimum: 1, default: 4, description: 'Query heads.' },
      key_value_heads: {
        type: 'integer',
        minimum: 1,
        default: 2,
        description: 'Key-value heads; their number divides "heads".',
      },
      head_size: { type: 'integer', minimum: 2, default: 32, description: 'Features of a head; even.' },
      intermediate: {
        type: 'integer',
        minimum: 1,
        default: 320,
        description: 'Features inside the feed-forward block.',
      },
      rope_theta: {
        type: 'number',
        exclusiveMinimum: 0,
        default: 10_000,
        description: 'Base of the wave lengths of rotary position embeddings.',
      },
      tied_embeddings: {
        type: 'boolean',
        default: true,
        description: 'Whether the output projection is the embedding table.',
      },
      initial_deviation: {
        type: 'number',
        exclusiveMinimum: 0,
        default: 0.02,
        description:
          'Standard deviation of the initial weights; that of projections back into the residual stream is divided by sqrt(2 layers).',
      },
      validation_rows: {
        type: 'integer',
        minimum: 1,
        default: 64,
        description: 'Held-out rows that an evaluation looks at, evenly spread; all where there are fewer.',
      },
      ...trainingOptions,
    },
  },
  output: 'model',
  resource: 'gpu',
  metrics: () => trainingMetrics,
  check: (options) => [...checkPlannedLength(options), ...checkHeads(options)],
  forecast: async (options, context) => (await import('./forecast.js')).forecastPretrain(options, context),
  load: async () => (await import('./run.js')).PretrainStage,
});

function checkHeads(
  options: Readonly<Record<string, unknown>>,
): readonly { pointer: string; keyword: string; message: string }[] {
  const [heads, keyValueHeads, headSize] = ['heads', 'key_value_heads', 'head_size'].map((key) =>
    Number(options[key]),
  ) as [number, number, number];
  return [
    ...(heads % keyValueHeads === 0
      ? []
      : [
          {
            pointer: '/key_value_heads',
            keyword: 'rule',
            message: `${keyValueHeads} key-value heads do not divide ${heads} heads. Choose a divisor of "heads".`,
          },
        ]),
    ...(headSize % 2 === 0
      ? []
      : [
          {
            pointer: '/head_size',
            keyword: 'rule',
            message: `A head of ${headSize} features cannot be rotated in pairs. Choose an even "head_size".`,
          },
        ]),
  ];
}
