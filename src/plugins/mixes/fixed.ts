import { defineMix } from '../define.js';

/** Constant weights for both branches. */
export const fixed = defineMix({
  name: 'fixed',
  summary: 'Both branches normalised on their own, at constant weights.',
  source: 'Benfeghoul et al. 2025, arXiv 2510.05901',
  options: {
    type: 'object',
    additionalProperties: false,
    properties: {
      window: {
        type: 'number',
        minimum: 0,
        maximum: 1,
        default: 0.5,
        'x-unit': 'ratio',
        description: 'The weight of the window; the linear branch has the rest. 0 is linear attention alone.',
      },
    },
  },
  create: async (options) => (await import('../../model/attention/fixed-mix.js')).fixedMix(options),
});
