import type { OptionSchema } from '../../../base/json-schema.js';
import { nameOption } from '../name-option.js';
import { repositoryOptions, type UsualFiles } from './question-place.js';

/** Options of every task that scores texts as lm-evaluation-harness does. */
export function likelihoodOptions<const Name extends string>(name: Name) {
  return {
    limit: {
      type: 'integer',
      minimum: 1,
      description: 'Only so many of the first rows of all files together; all of them by default.',
    },
    add_bos: {
      type: 'boolean',
      default: false,
      description:
        'Whether every text begins with the token that begins texts, as lm-eval adds it where the tokenizer does.',
    },
    max_length: {
      type: 'integer',
      minimum: 1,
      'x-unit': 'tokens',
      description:
        'Most tokens that the model sees; of longer texts the end. What the model was made for by default.',
    },
    name: nameOption(name),
  } as const satisfies Readonly<Record<string, OptionSchema>>;
}

/** Options of worked examples before questions, as lm-evaluation-harness shows them. */
export const shotOptions = {
  shots: {
    type: 'integer',
    minimum: 0,
    default: 0,
    description: 'Worked examples before each question.',
  },
  examples: {
    type: 'string',
    minLength: 1,
    'x-path': 'file',
    description:
      'Where worked examples come from: a file in the same form. With "repository", its split "train" by default.',
  },
  sampler: {
    enum: ['random', 'first'],
    default: 'random',
    description:
      'random: drawn anew for each question, by the very numbers of lm-eval. first: the first ones of the file.',
  },
  shots_seed: {
    type: 'integer',
    minimum: 0,
    maximum: 4294967295,
    default: 1234,
    description: 'What "random" begins with; the default is that of lm-eval.',
  },
  description: {
    type: 'string',
    default: '',
    description: 'Text before everything else, with its line ends.',
  },
  separator: {
    type: 'string',
    default: '\n\n',
    description: 'What stands behind each worked example.',
  },
} as const satisfies Readonly<Record<string, OptionSchema>>;

/** Options of a benchmark that is one file, or the files of a split of a repository. */
export function benchmarkOptions<const Name extends string>(name: Name, fields: string, usual: UsualFiles) {
  return {
    type: 'object',
    additionalProperties: false,
    properties: {
      file: {
        type: 'string',
        minLength: 1,
        'x-path': 'file',
        description: `The questions: a .jsonl, .json or .parquet file with ${fields}.`,
      },
      ...repositoryOptions(usual),
      ...shotOptions,
      ...likelihoodOptions(name),
    },
  } as const;
}
