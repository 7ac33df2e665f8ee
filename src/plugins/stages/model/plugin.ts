import { defineStage } from '../../../runtime/contract/plugin.js';

/** A pretrained model, as it lies in a folder. */
export const model = defineStage({
  kind: 'model',
  summary:
    'Checks a Hugging Face folder of a Llama model and makes it usable by other stages, without copying it.',
  options: {
    type: 'object',
    additionalProperties: false,
    required: ['source'],
    properties: {
      source: {
        type: 'string',
        minLength: 1,
        'x-path': 'folder',
        description: 'A folder with config.json, tokenizer.json and safetensors weights.',
      },
    },
  },
  output: 'model',
  resource: 'cpu',
  load: async () => (await import('./run.js')).ModelStage,
});
