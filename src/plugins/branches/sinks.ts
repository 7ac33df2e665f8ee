import { defineComponent } from '../../runtime/contract/plugin.js';
import type { Branch } from '../evaluation/branch.js';

/** Softmax attention to the first tokens alone. */
export const sinks = defineComponent<Branch>({
  kind: 'branch',
  name: 'sinks',
  summary: 'Softmax attention to the first few tokens alone.',
  source: 'arXiv 2510.05901, section 3.2',
  options: {
    type: 'object',
    additionalProperties: false,
    properties: {
      count: {
        type: 'integer',
        minimum: 1,
        default: 8,
        'x-unit': 'tokens',
        description: 'How many leading tokens stay visible.',
      },
    },
  },
  create: (options) => ({ part: 'sinks', scope: 'trained', sinks: Number(options['count']) }),
});
