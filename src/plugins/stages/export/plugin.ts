import { defineStage } from '../../../runtime/contract/plugin.js';

/** A model as files that other programs read. */
export const exportModel = defineStage({
  kind: 'export',
  summary:
    'Writes a Hugging Face folder with adapters merged in, and for a conversion the code that transformers runs it with.',
  options: {
    type: 'object',
    additionalProperties: false,
    required: ['model'],
    properties: {
      model: { 'x-ref': 'model', description: 'The model to write.' },
      folder: {
        type: 'string',
        minLength: 1,
        'x-path': 'output',
        description: 'A folder that receives a copy of the files, relative to the pipeline file.',
      },
    },
  },
  output: 'folder',
  resource: 'gpu',
  forecast: async (options, context) => (await import('./forecast.js')).forecastExport(options, context),
  load: async () => (await import('./run.js')).ExportStage,
});
