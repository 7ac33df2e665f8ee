import { defineTask } from '../define.js';
import { nameOption } from './name-option.js';
import { likelihoodOptions } from './questions/question-options.js';

const { add_bos: addBos } = likelihoodOptions('passkey');

/** Retrieval of a pass key. */
export const passkey = defineTask({
  name: 'passkey',
  summary: 'A number hidden at a chosen depth of irrelevant text, asked for at its end; of any length.',
  source: 'Mohtashami and Jaggi 2023, arXiv 2305.16300, section 4.2',
  options: {
    type: 'object',
    additionalProperties: false,
    required: [],
    properties: {
      lengths: {
        type: 'array',
        minItems: 1,
        uniqueItems: true,
        items: { type: 'integer', minimum: 1, 'x-unit': 'tokens' },
        default: [256],
        description:
          'Most tokens of text, question and pass key together; so much filler is taken as fits, in whole sentences.',
      },
      depths: {
        type: 'array',
        minItems: 1,
        uniqueItems: true,
        items: { type: 'number', minimum: 0, maximum: 1, 'x-unit': 'ratio' },
        default: [0, 0.25, 0.5, 0.75, 1],
        description: 'Shares of the filler that stand before the pass key.',
      },
      items: {
        type: 'integer',
        minimum: 1,
        default: 4,
        description: 'Pass keys for each length and depth.',
      },
      digits: {
        type: 'integer',
        minimum: 1,
        maximum: 100,
        default: 5,
        description: 'Digits of a pass key. It is right when all of its tokens are.',
      },
      add_bos: addBos,
      name: nameOption('passkey'),
    },
  },
  create: async (options) => (await import('./retrieval/passkey-items.js')).passkeyTask(options),
});
