import { defineComponent } from '../../runtime/contract/plugin.js';
import type { Task } from '../evaluation/task.js';
import { nameOption } from './name-option.js';

/** Perplexity of held-out text. */
export const perplexity = defineComponent<Task>({
  kind: 'task',
  name: 'perplexity',
  summary: 'Loss and perplexity on the held-out rows of a data set; every token but the first is scored.',
  options: {
    type: 'object',
    additionalProperties: false,
    required: ['data'],
    properties: {
      data: { 'x-ref': 'dataset', description: 'The data set whose held-out rows are read.' },
      sequences: {
        type: 'integer',
        minimum: 2,
        default: 24,
        description:
          'Rows of text to read, spread evenly over the held-out ones; all of them if there are fewer.',
      },
      name: nameOption('perplexity'),
    },
  },
  create: async (options) => (await import('./perplexity-items.js')).perplexityTask(options),
});
