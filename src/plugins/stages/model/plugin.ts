import type { OptionProblem } from '../../../base/signatures.js';
import { defineStage } from '../../../runtime/contract/plugin.js';

/** A pretrained model, as it lies in a folder. */
export const model = defineStage({
  kind: 'model',
  summary:
    'Checks a Hugging Face folder or a GGUF file and makes its model usable by other stages, without copying it.',
  options: {
    type: 'object',
    additionalProperties: false,
    properties: {
      source: {
        type: 'string',
        minLength: 1,
        'x-path': 'either',
        description:
          'A folder with config.json, tokenizer.json and safetensors weights, or a GGUF file, which brings all three.',
      },
      repository: {
        type: 'string',
        pattern: String.raw`^[\w-][\w.-]*/[\w-][\w.-]*$`,
        description: 'A model on the Hugging Face hub, organisation/name, instead of "source".',
      },
      revision: {
        type: 'string',
        pattern: String.raw`^(?!.*\.\.)\w[\w./-]*$`,
        description:
          'A commit of the repository, or a branch or tag, which is looked up once and then kept with the result. "main" where absent.',
      },
    },
  },
  output: 'model',
  resource: 'cpu',
  check: (options) => [...exactlyOneOrigin(options), ...revisionOfRepository(options)],
  load: async () => (await import('./run.js')).ModelStage,
});

type Given = Readonly<Record<string, unknown>>;

function exactlyOneOrigin(options: Given): readonly OptionProblem[] {
  const given = ['source', 'repository'].filter((name) => options[name] !== undefined);
  if (given.length === 1) return [];
  return given.length === 0
    ? [
        {
          pointer: '',
          keyword: 'rule',
          message: 'Neither "source" nor "repository" is set. Set one of them.',
        },
      ]
    : [
        {
          pointer: '/repository',
          keyword: 'rule',
          message: 'Both "source" and "repository" are set. Keep one of them.',
        },
      ];
}

function revisionOfRepository(options: Given): readonly OptionProblem[] {
  if (options['revision'] === undefined || options['repository'] !== undefined) return [];
  const message = '"revision" belongs to a "repository"; a folder or file has none. Remove it.';
  return [{ pointer: '/revision', keyword: 'rule', message }];
}
