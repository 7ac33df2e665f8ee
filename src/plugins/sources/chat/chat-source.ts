import { basename } from 'node:path';
import { isJsonObject } from '../../../base/json.js';
import { ModelFileError } from '../../../model/model-file-error.js';
import type { Place } from '../place.js';
import { readPlace, type ReadDocument } from '../place/read-place.js';
import { unfit, valueOf, type DataRecord, type Field } from '../records/data-record.js';
import { readRecords } from '../records/read-records.js';
import type { Source, SourceContext } from '../source.js';
import { ChatWriter, type ChatMessage } from './chat-writer.js';

/** Where a record has its messages, whether all of them are learnt, and the day that templates take for today. */
export interface ChatOptions {
  readonly key: string;
  readonly maskPrompt: boolean;
  readonly today: Date;
}

/** A source of conversations. */
export function chatSource(place: Place, options: ChatOptions): Source {
  return {
    gives: 'documents',
    documents: (context) =>
      readPlace(place, context, (file) => readChats(file, options, writerFor(context, options))),
  };
}

function writerFor({ tokenizer }: SourceContext, { today }: ChatOptions): ChatWriter {
  if (tokenizer.chatTemplate !== undefined) return new ChatWriter(tokenizer.chatTemplate, today);
  throw new ModelFileError(
    'The source "chat"',
    'the tokenizer has no chat template: there is no "chat_template" in tokenizer_config.json, and no ' +
      'chat_template.jinja beside it. Name the tokenizer of a model made for conversation, or use "alpaca" or "text".',
  );
}

async function* readChats(
  file: string,
  { key, maskPrompt }: ChatOptions,
  writer: ChatWriter,
): AsyncGenerator<ReadDocument, void, undefined> {
  const field: Field = { key, option: 'field' };
  for await (const record of readRecords(file, [field])) {
    const messages = messagesOf(record, field);
    const pieces = maskPrompt
      ? writer.write(messages, record.place)
      : writer.writeWhole(messages, record.place);
    const learnt = pieces.some(({ scored }) => scored);
    yield {
      read: record.read,
      ...(learnt && { document: { origin: basename(record.place), pieces, separated: false } }),
    };
  }
}

/** What ShareGPT calls those who speak. */
const roles: Readonly<Record<string, string>> = { human: 'user', gpt: 'assistant', bot: 'assistant' };

function messagesOf(record: DataRecord, field: Field): readonly ChatMessage[] {
  const value = valueOf(record, field);
  const messages = Array.isArray(value) ? value.map(messageOf) : [];
  const sound = messages.filter((message) => message !== undefined);
  if (sound.length > 0 && sound.length === messages.length) return sound;
  throw unfit(record, field, 'no list of messages with "role" and "content". Correct or remove');
}

function messageOf(value: unknown): ChatMessage | undefined {
  if (!isJsonObject(value)) return undefined;
  const { role, content, from, value: said } = value;
  if (typeof role === 'string' && typeof content === 'string') return { ...value, role, content };
  if (typeof from !== 'string' || typeof said !== 'string') return undefined;
  return { role: roles[from] ?? from, content: said };
}
