import { defineDropout } from '../define.js';

/** Scheduled sliding-window dropout. */
export const windowDropout = defineDropout({
  name: 'window_dropout',
  summary: 'Drops the window at random, often at first and then less, so that the linear branch has to work.',
  source: 'Benfeghoul et al. 2025, arXiv 2510.05901',
  options: {
    type: 'object',
    additionalProperties: false,
    properties: {
      schedule: {
        'x-schedule': true,
        default: { schedule: [0.9, 0.75, 0.5] },
        description:
          'Probabilities of dropping the window, in equal parts of the length that "stop" bounds (the paper: 0.9 -> 0.75 -> 0.5).',
      },
      granularity: {
        type: 'string',
        enum: ['sample', 'batch', 'layer', 'head'],
        default: 'sample',
        description:
          'What shares a draw: a sample in all layers, the whole batch, a layer of a sample, or a head of it (our default; the paper does not say).',
      },
      dropped: {
        type: 'string',
        enum: ['linear_alone', 'linear_share'],
        default: 'linear_alone',
        description:
          'What computes without the window: linear attention at weight 1, or at the weight that it has beside the window (our default; the paper does not say).',
      },
    },
  },
  create: async ({ schedule, granularity, dropped }) => {
    const plan = await import('../../model/hybrid/window-dropout-plan.js');
    return plan.windowDropout({ schedule: schedule.schedule, granularity, dropped });
  },
});
