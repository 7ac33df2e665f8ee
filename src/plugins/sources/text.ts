import { defineComponent } from '../../runtime/contract/plugin.js';
import { checkPlace, placeOptions } from './place.js';
import type { Source } from './source.js';

/** Texts from files: records with one document each, or plain text. */
export const text = defineComponent<Source>({
  kind: 'source',
  name: 'text',
  summary:
    'Documents from .jsonl, .json, .parquet or .txt files, local or on the hub: every token is learnt.',
  options: {
    type: 'object',
    additionalProperties: false,
    properties: {
      ...placeOptions,
      field: {
        type: 'string',
        minLength: 1,
        default: 'text',
        description: 'The key or column of the text. A .txt file has none: it is one document.',
      },
    },
  },
  check: (options) => checkPlace(options),
  create: async ({ field, ...place }) => {
    const { textSource } = await import('./text/text-source.js');
    return textSource(place, field as string);
  },
});
