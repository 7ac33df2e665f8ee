import type { JsonObject } from '../../base/json.js';
import type { AdamWSettings } from '../../model/optimizers/adamw.js';
import type { Optimizer } from '../../model/optimizers/optimizer.js';
import { defineComponent } from '../../runtime/contract/plugin.js';

/** AdamW with a learning rate that warms up and decays, and clipped gradients. */
export const adamw = defineComponent<Optimizer>({
  kind: 'optimizer',
  name: 'adamw',
  summary:
    'Adam with weight decay beside the gradient, warmup, decay of the learning rate, clipped gradients.',
  source: 'Loshchilov and Hutter 2019, arXiv 1711.05101',
  options: {
    type: 'object',
    additionalProperties: false,
    properties: {
      learning_rate: {
        type: 'number',
        exclusiveMinimum: 0,
        default: 1e-3,
        description: 'The largest learning rate.',
      },
      warmup: {
        type: 'integer',
        minimum: 0,
        default: 0,
        'x-unit': 'steps',
        description: 'Steps over which the learning rate grows from zero to its largest value.',
      },
      decay: {
        type: 'string',
        enum: ['constant', 'linear', 'cosine'],
        default: 'constant',
        description: 'How the learning rate falls after the warmup, over the length that "stop" bounds.',
      },
      final: {
        type: 'number',
        minimum: 0,
        maximum: 1,
        default: 0,
        'x-unit': 'ratio',
        description: 'The last learning rate as a share of the largest; without meaning for "constant".',
      },
      weight_decay: {
        type: 'number',
        minimum: 0,
        default: 0,
        description: 'Share of each matrix that is taken off per step and unit of learning rate.',
      },
      beta1: {
        type: 'number',
        minimum: 0,
        exclusiveMaximum: 1,
        default: 0.9,
        description: 'Memory of the running mean of gradients.',
      },
      beta2: {
        type: 'number',
        minimum: 0,
        exclusiveMaximum: 1,
        default: 0.999,
        description: 'Memory of the running mean of squared gradients.',
      },
      epsilon: {
        type: 'number',
        exclusiveMinimum: 0,
        default: 1e-8,
        description: 'Keeps the division by small squared gradients finite.',
      },
      clip_norm: {
        type: 'number',
        minimum: 0,
        default: 1,
        description: 'The largest norm of all gradients of a step together; 0 for no limit.',
      },
    },
  },
  create: async (options) => {
    const { adamW } = await import('../../model/optimizers/adamw.js');
    return adamW(settings(options));
  },
});

function settings(options: JsonObject): AdamWSettings {
  const number = (key: string): number => Number(options[key]);
  const clipNorm = number('clip_norm');
  const decay = options['decay'];
  return {
    learningRate: {
      peak: number('learning_rate'),
      warmupSteps: number('warmup'),
      decay: decay === 'linear' || decay === 'cosine' ? decay : 'constant',
      finalShare: number('final'),
    },
    betas: [number('beta1'), number('beta2')],
    epsilon: number('epsilon'),
    weightDecay: number('weight_decay'),
    ...(clipNorm > 0 ? { clipNorm } : {}),
  };
}
