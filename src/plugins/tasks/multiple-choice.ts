import { defineTask } from '../define.js';
import { checkQuestions } from './questions/check-questions.js';
import { likelihoodOptions, shotOptions } from './questions/question-options.js';
import { repositoryOptions } from './questions/question-place.js';

const usual = { split: 'test' };

/** Questions of one's own. */
export const multipleChoice = defineTask({
  name: 'multiple_choice',
  summary: 'Multiple-choice questions of your own, each choice scored by its log-likelihood.',
  source: 'Gao et al., lm-evaluation-harness 0.4.13',
  options: {
    type: 'object',
    additionalProperties: false,
    properties: {
      file: {
        type: 'string',
        minLength: 1,
        'x-path': 'file',
        description: 'The questions: a .jsonl, .json or .parquet file.',
      },
      ...repositoryOptions(usual),
      question: {
        type: 'string',
        minLength: 1,
        default: 'Question: {question}\nAnswer:',
        description: 'What stands before a choice and a space; fields of the line in braces.',
      },
      choices: {
        type: 'string',
        minLength: 1,
        default: 'choices',
        description: 'The field with the list of choices.',
      },
      answer: {
        type: 'string',
        minLength: 1,
        default: 'answer',
        description: 'The field with the right choice: its text, its letter, or its index from 0.',
      },
      ...shotOptions,
      ...likelihoodOptions('multiple_choice'),
    },
  },
  check: checkQuestions,
  create: async (options) => {
    const { questionFileTask } = await import('./questions/question-task.js');
    const { ownQuestion } = await import('./questions/own.js');
    return questionFileTask(options, {
      questionOf: (row) => ownQuestion(row, options),
      asksTestSplit: true,
      usual,
    });
  },
});
