import { defineObjective } from '../define.js';

/** Imitates attention weights with the linear branch alone. */
export const attentionWeights = defineObjective({
  name: 'attention_weights',
  summary:
    'Cross-entropy between softmax and linear attention weights over all keys: trains the linear branch alone.',
  source: 'Zhang et al. 2024, arXiv 2402.04347',
  options: { type: 'object', additionalProperties: false, properties: {} },
  create: async () => (await import('../../model/losses/transfer-objectives.js')).attentionWeights,
});
