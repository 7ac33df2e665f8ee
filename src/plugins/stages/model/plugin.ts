import { defineStage } from '../../../runtime/contract/plugin.js';

/** A pretrained model, as it lies in a folder. */
export const model = defineStage({
  kind: 'model',
  summary:
    'Checks a Hugging Face folder or a GGUF file and makes its model usable by other stages, without copying it.',
  options: {
    type: 'object',
    additionalProperties: false,
    required: ['source'],
    properties: {
      source: {
        type: 'string',
        minLength: 1,
        'x-path': 'either',
        description:
          'A folder with config.json, tokenizer.json and safetensors weights, or a GGUF file, which brings all three.',
      },
    },
  },
  output: 'model',
  resource: 'cpu',
  load: async () => (await import('./run.js')).ModelStage,
});
