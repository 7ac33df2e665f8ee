import { defineTask } from '../define.js';
import { nameOption } from './name-option.js';

/** Which text goes on here? */
export const suffixIdentification = defineTask({
  name: 'suffix_identification',
  summary:
    'Held-out text and its true continuation among others of equally many tokens, taken from elsewhere in that text.',
  source: 'Sun et al. 2021, arXiv 2109.09115; scored as lm-evaluation-harness scores choices',
  options: {
    type: 'object',
    additionalProperties: false,
    required: ['data'],
    properties: {
      data: { 'x-ref': 'dataset', description: 'The data set whose held-out rows are read.' },
      items: {
        type: 'integer',
        minimum: 2,
        default: 24,
        description:
          'Rows to ask about, spread evenly over the held-out ones; all of them if there are fewer.',
      },
      prefix: {
        type: 'integer',
        minimum: 1,
        default: 128,
        'x-unit': 'tokens',
        description: 'Tokens of a row before its continuation, and those to the next beginning of a word.',
      },
      suffix: {
        type: 'integer',
        minimum: 1,
        default: 16,
        'x-unit': 'tokens',
        description: 'Tokens of each continuation.',
      },
      choices: {
        type: 'integer',
        minimum: 2,
        default: 4,
        description: 'Continuations, the true one included.',
      },
      name: nameOption('suffix_identification'),
    },
  },
  create: async (options) => (await import('./retrieval/suffix-items.js')).suffixTask(options),
});
