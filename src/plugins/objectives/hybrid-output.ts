import { defineObjective } from '../define.js';

/** Imitates attention outputs with both branches together. */
export const hybridOutput = defineObjective({
  name: 'hybrid_output',
  summary:
    'A thousand times the squared error between the softmax output and that of the whole hybrid: the window can ' +
    'absorb the error, and the linear branch may learn nothing.',
  source: 'Zhang et al. 2024, LoLCATs, arXiv 2410.10254',
  options: { type: 'object', additionalProperties: false, properties: {} },
  create: async () => (await import('../../model/losses/transfer-objectives.js')).hybridOutput,
});
