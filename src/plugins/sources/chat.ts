import type { JsonObject } from '../../base/json.js';
import type { OptionProblem } from '../../base/signatures.js';
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
      date: {
        type: 'string',
        default: '2024-07-26',
        description:
          'What templates that write a date take for today (year-month-day), so that every run writes the same.',
      },
    },
  },
  check: (options) => [...checkPlace(options), ...checkDate(options)],
  create: async ({ field, mask_prompt, date, ...place }) => {
    const { chatSource } = await import('./chat/chat-source.js');
    return chatSource(place, {
      key: field as string,
      maskPrompt: mask_prompt as boolean,
      today: new Date(date as string),
    });
  },
});

function checkDate({ date }: JsonObject): readonly OptionProblem[] {
  if (typeof date !== 'string' || isCalendarDay(date)) return [];
  const message = `"${date}" is no day of the calendar. Write it as year-month-day, such as "2024-07-26".`;
  return [{ pointer: '/date', keyword: 'rule', message }];
}

function isCalendarDay(text: string): boolean {
  const day = /^\d{4}-\d{2}-\d{2}$/.test(text) ? new Date(text) : undefined;
  if (day === undefined || Number.isNaN(day.getTime())) return false;
  // A day that February lacks becomes one of March.
  return day.toISOString().startsWith(text);
}
