import { defineStage } from '../../../runtime/contract/plugin.js';

/** Turns softmax attention into a hybrid of window and linear attention, without training. */
export const convert = defineStage({
  kind: 'convert',
  summary: 'Gives every layer a sliding window of softmax attention and a linear branch; trains nothing.',
  source: 'Benfeghoul et al. 2025, arXiv 2510.05901; Zhang et al. 2024, LoLCATs, arXiv 2410.10254',
  resource: 'gpu',
  output: 'model',
  options: {
    type: 'object',
    additionalProperties: false,
    required: ['model', 'linear_scope'],
    properties: {
      model: {
        'x-ref': 'model',
        description:
          'The model to convert; or one that is converted already, to change its window, scope or mix.',
      },
      window: {
        type: 'integer',
        minimum: 1,
        default: 64,
        'x-unit': 'tokens',
        description: 'Keys that the window sees, the query included (LoLCATs: 64).',
      },
      feature_map: {
        'x-plugin': 'feature-map',
        description:
          'How queries and keys become features. Where it is not written, a converted model keeps its own with what it ' +
          'has learned, and another gets hedgehog.',
      },
      mix: {
        'x-plugin': 'mix',
        default: { plugin: 'fixed', options: {} },
        description: 'How both branches become one output (the paper: fixed, 0.5).',
      },
      linear_scope: {
        type: 'string',
        enum: ['all', 'outside_window'],
        description:
          'Keys that the linear branch sees: all, or those that have left the window. It changes every number, and no ' +
          'paper but LoLCATs (outside_window) says it, so it has no default.',
      },
    },
  },
  forecast: async (options, context) => (await import('./forecast.js')).forecastConvert(options, context),
  load: async () => (await import('./run.js')).ConvertStage,
});
