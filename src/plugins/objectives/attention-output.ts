import { defineObjective } from '../define.js';

/** Imitates attention outputs with the linear branch alone. */
export const attentionOutput = defineObjective({
  name: 'attention_output',
  summary:
    'A thousand times the squared error between the softmax output and that of linear attention over all keys: trains ' +
    'the linear branch alone.',
  source: 'Benfeghoul et al. 2025, arXiv 2510.05901, "full output"',
  options: { type: 'object', additionalProperties: false, properties: {} },
  create: async () => (await import('../../model/losses/transfer-objectives.js')).attentionOutput,
});
