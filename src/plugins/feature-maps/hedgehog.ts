import { defineFeatureMap } from '../define.js';

/** A learned projection per head, then an activation. */
export const hedgehog = defineFeatureMap({
  name: 'hedgehog',
  summary: 'A learned projection per head, separate for queries and keys, then an activation.',
  source: 'Zhang et al. 2024, arXiv 2402.04347',
  options: {
    type: 'object',
    additionalProperties: false,
    properties: {
      activation: {
        type: 'string',
        enum: ['softmax', 'exp', 'relu', 'one_plus_elu', 'none'],
        default: 'softmax',
        description:
          'What follows the projection. softmax and exp see it with both signs and give twice "size" features.',
      },
      size: {
        type: 'integer',
        minimum: 1,
        description: 'Columns of the projection; the size of a head where it is not written.',
      },
      noise: {
        type: 'number',
        minimum: 0,
        default: 0.1,
        description: 'Standard deviation of what is added to the identity at the start (arXiv 2510.05901).',
      },
    },
  },
  create: async (options) => (await import('../../model/feature-maps/hedgehog.js')).hedgehog(options),
});
