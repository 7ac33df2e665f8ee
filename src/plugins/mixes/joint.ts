import { defineMix } from '../define.js';

/** LoLCATs' mix: one denominator. */
export const joint = defineMix({
  name: 'joint',
  summary: 'One denominator over both branches; window terms times a factor that is learned per head.',
  source: 'Zhang et al. 2024, LoLCATs, arXiv 2410.10254',
  options: {
    type: 'object',
    additionalProperties: false,
    properties: {
      gamma: {
        type: 'number',
        exclusiveMinimum: 0,
        exclusiveMaximum: 1,
        default: 0.1,
        description: 'The factor of window terms at the start: a factor on attention mass, not a share.',
      },
    },
  },
  create: async (options) => (await import('../../model/attention/joint-mix.js')).jointMix(options),
});
