import { defineStage } from '../../../runtime/contract/plugin.js';
import { probeMetrics } from '../../training/probe-metrics.js';
import { checkPlannedLength } from '../../training/planned-length.js';
import {
  atEpochs,
  trainingMetrics,
  trainingOptions,
  validationRows,
} from '../../training/training-options.js';

/** Trains what a conversion added to imitate softmax attention, layer by layer. */
export const transfer = defineStage({
  kind: 'transfer',
  summary:
    "Trains feature maps and mixes to imitate the teacher's attention, each layer from the teacher's own inputs.",
  source: 'Zhang et al. 2024, arXiv 2402.04347; LoLCATs, arXiv 2410.10254; arXiv 2510.05901',
  resource: 'gpu',
  output: 'model',
  options: {
    type: 'object',
    additionalProperties: false,
    required: ['model', 'data'],
    properties: {
      model: { 'x-ref': 'model', description: 'A converted model.' },
      data: { 'x-ref': 'dataset', description: 'The rows to train and to validate on.' },
      objective: {
        'x-plugin': 'objective',
        default: { plugin: 'attention_weights', options: {} },
        description: 'What is imitated. It decides whether the linear branch learns anything.',
      },
      ...trainingOptions,
      optimizer: {
        ...trainingOptions.optimizer,
        default: { plugin: 'adamw', options: { learning_rate: 1e-2 } },
        description: 'How gradients change parameters (LoLCATs: AdamW at 1e-2).',
      },
      stop: { ...trainingOptions.stop, default: atEpochs(1) },
      validation_rows: validationRows,
    },
  },
  metrics: () => [...trainingMetrics, ...probeMetrics],
  check: checkPlannedLength,
  forecast: async (options, context) =>
    (await import('../../memory/forecast-training.js')).forecastTraining('transfer', options, context),
  load: async () => (await import('./run.js')).TransferStage,
});
