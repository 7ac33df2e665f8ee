import type { OptionSchema } from '../../../base/json-schema.js';

/** Options of every task that scores texts as lm-evaluation-harness does. */
export function likelihoodOptions<const Name extends string>(name: Name) {
  return {
    limit: {
      type: 'integer',
      minimum: 1,
      description: 'Only so many of the first lines of a file; all of them by default.',
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
    name: {
      type: 'string',
      pattern: '^[a-z][a-z0-9_]*$',
      default: name,
      description: 'The name of the task in metrics and tables.',
    },
  } as const satisfies Readonly<Record<string, OptionSchema>>;
}

/** Options of a benchmark that is one file. */
export function benchmarkOptions<const Name extends string>(name: Name, fields: string) {
  return {
    type: 'object',
    additionalProperties: false,
    required: ['file'],
    properties: {
      file: {
        type: 'string',
        minLength: 1,
        'x-path': 'file',
        description: `The questions, one JSON object a line, with ${fields}.`,
      },
      ...likelihoodOptions(name),
    },
  } as const;
}
