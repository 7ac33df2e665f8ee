import { defineTask } from '../define.js';
import { likelihoodOptions } from './questions/question-options.js';

/** Perplexity of whole documents. */
export const perplexityFile = defineTask({
  name: 'perplexity_file',
  summary:
    'Perplexity of whole documents, by word and by byte, so that models with different tokenizers can be compared.',
  source: 'Gao et al., lm-evaluation-harness 0.4.13 (loglikelihood_rolling)',
  options: {
    type: 'object',
    additionalProperties: false,
    required: ['file'],
    properties: {
      file: {
        type: 'string',
        minLength: 1,
        'x-path': 'either',
        description: 'A .jsonl file with one document a line, a .txt file, or a folder of them.',
      },
      field: {
        type: 'string',
        minLength: 1,
        default: 'text',
        description: 'The key of the text in a JSON line.',
      },
      ...likelihoodOptions('perplexity_file'),
    },
  },
  create: async (options) => (await import('./likelihood/document-task.js')).documentTask(options),
});
