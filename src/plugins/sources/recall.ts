import { defineComponent } from '../../runtime/contract/plugin.js';
import type { Source } from './source.js';

/** Sequences that can only be predicted by looking far back. */
export const recall = defineComponent<Source>({
  kind: 'source',
  name: 'recall',
  summary: 'Rows of key-value pairs, text, and queries: what the task "recall" measures, to learn it from.',
  source: 'After Arora et al. 2023, multi-query associative recall, arXiv 2312.04927',
  options: {
    type: 'object',
    additionalProperties: false,
    required: ['rows'],
    properties: {
      rows: {
        type: 'integer',
        minimum: 1,
        description: 'Rows of training data; the held-out share comes on top.',
      },
      answer_weight: {
        type: 'integer',
        minimum: 0,
        maximum: 255,
        default: 2,
        description: 'How much an answer counts in a loss, where a token of text counts 1.',
      },
    },
  },
  create: async (options) => {
    const { recallRows } = await import('./recall/recall-rows.js');
    return recallRows({ count: Number(options['rows']), answerWeight: Number(options['answer_weight']) });
  },
});
