import { defineComponent } from '../../runtime/contract/plugin.js';
import { checkPlace, placeOptions } from './place.js';
import type { Source } from './source.js';

/** Conversations, written as the model's own template writes them. */
export const chat = defineComponent<Source>({
  kind: 'source',
  name: 'chat',
  summary:
    "Conversations, written out by the chat template of the model's tokenizer: what the assistant says is learnt.",
  options: {
    type: 'object',
    additionalProperties: false,
    properties: {
      ...placeOptions,
      field: {
        type: 'string',
        minLength: 1,
        default: 'messages',
        description:
          'The key or column of the messages: a list of { role, content }, or of { from, value } as ShareGPT has them.',
      },
      mask_prompt: {
        type: 'boolean',
        default: true,
        description: 'Whether everything that the assistant does not say is left out of the loss.',
      },
    },
  },
  check: (options) => checkPlace(options),
  create: async ({ field, mask_prompt, ...place }) => {
    const { chatSource } = await import('./chat/chat-source.js');
    return chatSource(place, { key: field as string, maskPrompt: mask_prompt as boolean });
  },
});
