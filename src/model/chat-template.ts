import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isJsonObject, type JsonObject } from '../base/json.js';

/** How a model wants conversations written: a template in Jinja, and what it may refer to. */
export interface ChatTemplate {
  readonly text: string;
  /** The file that it stands in, for messages. */
  readonly file: string;
  /** Texts of special tokens by name, such as `bos_token`. */
  readonly tokens: Readonly<Record<string, string>>;
}

const tokenNames = ['bos_token', 'eos_token', 'unk_token', 'pad_token'];

/**
 * The chat template of a tokenizer: chat_template.jinja, or else "chat_template" in tokenizer_config.json, which is a
 * text or a list of named ones with a "default". Undefined where there is none.
 */
export async function readChatTemplate(
  folder: string,
  config: JsonObject,
): Promise<ChatTemplate | undefined> {
  const tokens = Object.fromEntries(
    tokenNames.flatMap((name) => {
      const text = tokenText(config[name]);
      return text === undefined ? [] : [[name, text] as const];
    }),
  );
  const own = join(folder, 'chat_template.jinja');
  if (existsSync(own)) return { text: await readFile(own, 'utf8'), file: own, tokens };
  const text = defaultOf(config['chat_template']);
  return text === undefined ? undefined : { text, file: join(folder, 'tokenizer_config.json'), tokens };
}

function defaultOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (!Array.isArray(value)) return undefined;
  const named = value.filter(isJsonObject);
  const found = named.find(({ name }) => name === 'default')?.['template'];
  return typeof found === 'string' ? found : undefined;
}

function tokenText(value: unknown): string | undefined {
  const text = isJsonObject(value) ? value['content'] : value;
  return typeof text === 'string' ? text : undefined;
}
