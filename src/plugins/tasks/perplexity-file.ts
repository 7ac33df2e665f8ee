import { defineTask } from '../define.js';
import { checkPlace } from '../sources/place.js';
import { likelihoodOptions } from './questions/question-options.js';
import { repositoryOptions } from './questions/question-place.js';

const usual = { split: 'test' };

/** Perplexity of whole documents. */
export const perplexityFile = defineTask({
  name: 'perplexity_file',
  summary:
    'Perplexity of whole documents, by word and by byte, so that models with different tokenizers can be compared.',
  source: 'Gao et al., lm-evaluation-harness 0.4.13 (loglikelihood_rolling)',
  options: {
    type: 'object',
    additionalProperties: false,
    properties: {
      file: {
        type: 'string',
        minLength: 1,
        'x-path': 'either',
        description: 'A .jsonl, .json, .parquet or .txt file with documents, or a folder of them.',
      },
      ...repositoryOptions(usual),
      field: {
        type: 'string',
        minLength: 1,
        default: 'text',
        description: 'The key of the text in a record.',
      },
      ...likelihoodOptions('perplexity_file'),
    },
  },
  check: (options) => checkPlace(options, 'file'),
  create: async (options) => (await import('./likelihood/document-task.js')).documentTask(options, usual),
});
