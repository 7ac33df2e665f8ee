import { defineComponent } from '../../runtime/contract/plugin.js';
import type { Source } from './source.js';

/** Texts from files: JSON lines with one document each, or plain text. */
export const text = defineComponent<Source>({
  kind: 'source',
  name: 'text',
  summary:
    'Documents from a file or a folder: .jsonl with one JSON object a line, .txt with one document a file.',
  options: {
    type: 'object',
    additionalProperties: false,
    required: ['path'],
    properties: {
      path: {
        type: 'string',
        minLength: 1,
        'x-path': 'either',
        description: 'A .jsonl or .txt file, or a folder of them, relative to the pipeline file.',
      },
      field: {
        type: 'string',
        minLength: 1,
        default: 'text',
        description: 'The key of the text in a JSON line.',
      },
    },
  },
  create: async ({ path, field }) => {
    const { readDocuments } = await import('./text/read-documents.js');
    return {
      gives: 'documents',
      documents: (resolve) => readDocuments(resolve(path as string), field as string),
    };
  },
});
