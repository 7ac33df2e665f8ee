import { defineComponent } from '../../runtime/contract/plugin.js';
import { checkPlace, placeOptions } from './place.js';
import type { Source } from './source.js';

/** Instructions with their answers. */
export const alpaca = defineComponent<Source>({
  kind: 'source',
  name: 'alpaca',
  summary:
    'Instructions with answers, written out by the Alpaca template: the prompt is read, the answer learnt.',
  source: 'Taori et al. 2023, Stanford Alpaca, github.com/tatsu-lab/stanford_alpaca',
  options: {
    type: 'object',
    additionalProperties: false,
    properties: {
      ...placeOptions,
      instruction: {
        type: 'string',
        minLength: 1,
        default: 'instruction',
        description: 'The key or column of the instruction.',
      },
      input: {
        type: 'string',
        minLength: 1,
        default: 'input',
        description:
          'The key or column of what the instruction is about; records may lack it or leave it empty.',
      },
      output: {
        type: 'string',
        minLength: 1,
        default: 'output',
        description: 'The key or column of the answer.',
      },
      mask_prompt: {
        type: 'boolean',
        default: true,
        description: 'Whether the tokens of the prompt are left out of the loss.',
      },
    },
  },
  check: (options) => checkPlace(options),
  create: async ({ instruction, input, output, mask_prompt, ...place }) => {
    const { alpacaSource } = await import('./alpaca/alpaca-source.js');
    return alpacaSource(place, {
      instruction: instruction as string,
      input: input as string,
      output: output as string,
      maskPrompt: mask_prompt as boolean,
    });
  },
});
