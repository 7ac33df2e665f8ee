import type { JsonObject } from '../../../base/json.js';
import type { OptionProblem } from '../../../base/signatures.js';
import { defineStage } from '../../../runtime/contract/plugin.js';
import { probeMetrics } from '../../training/probe-metrics.js';
import { checkPlannedLength } from '../../training/planned-length.js';
import {
  atEpochs,
  trainingMetrics,
  trainingOptions,
  validationRows,
} from '../../training/training-options.js';

/** Trains a converted model on next tokens, with an adapter beside its frozen weights. */
export const finetune = defineStage({
  kind: 'finetune',
  summary:
    'Trains a converted model on next tokens by an adapter, with the window dropped at random where asked for.',
  source: 'LoLCATs, arXiv 2410.10254; Benfeghoul et al. 2025, arXiv 2510.05901',
  resource: 'gpu',
  output: 'model',
  options: {
    type: 'object',
    additionalProperties: false,
    required: ['model', 'data'],
    properties: {
      model: { 'x-ref': 'model', description: 'A converted model.' },
      data: { 'x-ref': 'dataset', description: 'The rows to train and to validate on.' },
      adapter: {
        'x-plugin': 'adapter',
        default: { plugin: 'lora', options: {} },
        description: "What is trained beside the model's own weights, which stay as they are.",
      },
      also_train: {
        type: 'array',
        uniqueItems: true,
        items: { type: 'string', enum: ['feature_map', 'mix'] },
        default: [],
        description: 'Parts of the conversion that are trained too (LoLCATs: none).',
      },
      dropout: {
        'x-plugin': 'dropout',
        description:
          'How the window is dropped, so that the linear branch has to work; never where it is not written.',
      },
      ...trainingOptions,
      optimizer: {
        ...trainingOptions.optimizer,
        default: { plugin: 'adamw', options: { learning_rate: 1e-4 } },
        description: 'How gradients change parameters (LoLCATs: AdamW at 1e-4).',
      },
      stop: { ...trainingOptions.stop, default: atEpochs(2) },
      validation_rows: validationRows,
    },
  },
  metrics: () => [...trainingMetrics, ...probeMetrics],
  check: (options) => [...checkPlannedLength(options), ...checkDropout(options)],
  forecast: async (options, context) =>
    (await import('../../memory/forecast-training.js')).forecastTraining('finetune', options, context),
  load: async () => (await import('./run.js')).FinetuneStage,
});

/** A schedule of probabilities: each from 0 to 1. */
function checkDropout(options: JsonObject): readonly OptionProblem[] {
  const dropout = options['dropout'] as { readonly options?: { readonly schedule?: JsonObject } } | undefined;
  const schedule = dropout?.options?.schedule?.['schedule'];
  if (!Array.isArray(schedule)) return [];
  const wrong = (schedule as readonly number[]).find((value) => !(value >= 0 && value <= 1));
  if (wrong === undefined) return [];
  return [
    {
      pointer: '/dropout/options/schedule',
      keyword: 'rule',
      message: `A probability lies between 0 and 1; ${wrong} does not. The schedule says how often the window is dropped.`,
    },
  ];
}
