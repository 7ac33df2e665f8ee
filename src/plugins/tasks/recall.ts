import { defineComponent } from '../../runtime/contract/plugin.js';
import type { Task } from '../evaluation/task.js';
import { nameOption } from './name-option.js';

/** Recall of values by their keys, over a distance. */
export const recall = defineComponent<Task>({
  kind: 'task',
  name: 'recall',
  summary: 'Key-value pairs, text, then each key again: the model must answer with its value.',
  source: 'After Arora et al. 2023, multi-query associative recall, arXiv 2312.04927',
  options: {
    type: 'object',
    additionalProperties: false,
    required: ['distance'],
    properties: {
      form: {
        enum: ['tokens', 'words'],
        default: 'tokens',
        description:
          'tokens: a key and its value are a token each, as the source "recall" trains them. words: sentences of ' +
          'ordinary words, for models of natural language; an answer of several tokens is right as a whole.',
      },
      distance: {
        type: 'integer',
        minimum: 1,
        'x-unit': 'tokens',
        description:
          'Least distance from a query back to its pair. Beyond the window, the window alone cannot answer.',
      },
      pairs: {
        type: 'integer',
        minimum: 1,
        default: 8,
        description: 'Pairs, and so queries, in each sequence.',
      },
      items: { type: 'integer', minimum: 2, default: 24, description: 'Sequences.' },
      gap: {
        type: 'integer',
        minimum: 0,
        'x-unit': 'tokens',
        description: 'Text after each pair and each query, where the form is tokens; 2 by default.',
      },
      data: {
        'x-ref': 'dataset',
        description:
          'Where the text between pairs and queries comes from (its held-out rows); without it, random tokens, or ' +
          'sentences that say nothing.',
      },
      name: nameOption('recall'),
    },
  },
  check: ({ form, gap }) =>
    form === 'words' && gap !== undefined
      ? [
          {
            pointer: '/gap',
            keyword: 'rule',
            message: '"gap" belongs to the form "tokens"; pairs in words follow one another. Remove it.',
          },
        ]
      : [],
  create: async (options) =>
    options['form'] === 'words'
      ? (await import('./retrieval/recall-words.js')).recallWordsTask(options)
      : (await import('./recall-items.js')).recallTask(options),
});
