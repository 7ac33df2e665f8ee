import { defineTask } from '../define.js';
import { checkPlace, placeOptions } from '../sources/place.js';
import { checkExamples } from './questions/check-examples.js';
import { likelihoodOptions } from './questions/question-options.js';

const common = likelihoodOptions('mmlu');

/** MMLU: examinations in many subjects. */
export const mmlu = defineTask({
  name: 'mmlu',
  summary: 'Questions of examinations in many subjects, answered with a letter; as lm-eval asks them.',
  source: 'Hendrycks et al. 2020, arXiv 2009.03300',
  // From 2 on "limit" counts within each subject.
  version: 2,
  options: {
    type: 'object',
    additionalProperties: false,
    properties: {
      test: {
        type: 'string',
        minLength: 1,
        'x-path': 'either',
        description:
          'The questions: a .jsonl, .json or .parquet file with "question", "choices", "answer" and "subject", or a ' +
          'folder with files that end in .test.jsonl.',
      },
      dev: {
        type: 'string',
        minLength: 1,
        'x-path': 'either',
        description:
          'The worked examples: a file of the same forms; in a folder the files that end in .dev.jsonl. Needed for "shots".',
      },
      shots: {
        type: 'integer',
        minimum: 0,
        default: 0,
        description: 'Worked examples before each question: the first ones of its subject, in their order.',
      },
      repository: {
        ...placeOptions.repository,
        description: 'A data set on the Hugging Face hub, organisation/name, instead of "test" and "dev".',
      },
      files: {
        ...placeOptions.files,
        description: 'Which files of the repository hold questions and examples. By default "all/*".',
      },
      revision: placeOptions.revision,
      ...common,
      limit: {
        ...common.limit,
        description: 'Only so many of the first questions of each subject; all of them by default.',
      },
    },
  },
  check: (options) => [
    ...checkPlace(options, 'test'),
    ...checkExamples(options, { path: 'test', examples: 'dev', place: 'a file or folder' }),
  ],
  create: async (options) => (await import('./questions/mmlu-task.js')).mmluTask(options),
});
