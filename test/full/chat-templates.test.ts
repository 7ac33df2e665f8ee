import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JsonObject } from '../../src/base/json.js';
import { ModelFileError } from '../../src/model/model-file-error.js';
import { readTokenizer } from '../../src/model/tokenizer.js';
import { ChatWriter, type ChatMessage } from '../../src/plugins/sources/chat/chat-writer.js';
import { missingPackages, runPython } from './python.js';

const shipped = join(import.meta.dirname, '../../models/tiny-llama/tokenizer.json');
const missing = missingPackages(['transformers', 'jinja2']);

/** Templates in the manner of models that are in use, and the special tokens of each. */
const templates: Readonly<Record<string, JsonObject>> = {
  chatml: { bos_token: '<|im_start|>', eos_token: '<|im_end|>' },
  llama3: { bos_token: '<|begin_of_text|>', eos_token: '<|eot_id|>' },
  zephyr: { bos_token: '<s>', eos_token: '</s>' },
  mistral: { bos_token: special('<s>'), eos_token: special('</s>') },
  gemma: { bos_token: '<bos>', eos_token: '<eos>' },
  qwen: { eos_token: '<|im_end|>' },
};

/** As tokenizer_config.json has tokens that say more than their text. */
function special(content: string): JsonObject {
  const sides = { lstrip: false, rstrip: false, normalized: false, single_word: false };
  return { __type: 'AddedToken', content, special: true, ...sides };
}

const user = (content: string): ChatMessage => ({ role: 'user', content });
const assistant = (content: string): ChatMessage => ({ role: 'assistant', content });
const system = (content: string): ChatMessage => ({ role: 'system', content });

const chats: readonly (readonly ChatMessage[])[] = [
  [user('What is the capital of France?')],
  [user('Hi'), assistant('Hello! What can I do for you?')],
  [system('Be brief.'), user('2 + 2?'), assistant('4'), user('And "3 + 3"?'), assistant("It's 6.")],
  [
    user('  spaces around \n'),
    assistant('\n\n  spaces around \t'),
    user('line one\nline two\r\n\nline four'),
  ],
  [
    user('Größe, 北京, 🙂, e\u0301, \u00a0|'),
    assistant('<b>&amp;</b> \\n {{ no }} {% template %} {# here #}'),
  ],
  [user('Think.'), assistant('<think>\nstep\n</think>\n\nDone.'), user('Good.')],
  [user('')],
  [user('one'), user('two')],
  [assistant('I speak first.'), user('Oh.')],
  [user('a'), system('in the middle'), assistant('b')],
];

type Texts = readonly (readonly [without: string | null, asking: string | null])[];

const today = new Date('2024-07-26');

let folder: string;
let theirs: Readonly<Record<string, Texts>>;

beforeAll(async () => {
  if (missing !== undefined) return;
  folder = await mkdtemp(join(tmpdir(), 'hpl-chats-'));
  for (const [name, tokens] of Object.entries(templates)) await writeTokenizer(name, tokens);
  const folders = Object.fromEntries(Object.keys(templates).map((name) => [name, join(folder, name)]));
  theirs = runPython(new URL('render_chats.py', import.meta.url), { folders, chats }) as typeof theirs;
}, 120_000);

afterAll(async () => {
  if (missing === undefined) await rm(folder, { recursive: true });
});

/** A folder with a tokenizer, of which only the template matters; some have it in a file of its own. */
async function writeTokenizer(name: string, tokens: JsonObject): Promise<void> {
  const own = join(folder, name);
  await mkdir(own);
  const template = await readFile(new URL(`chat-templates/${name}.jinja`, import.meta.url), 'utf8');
  await cp(shipped, join(own, 'tokenizer.json'));
  const inConfig = name.length % 2 === 0;
  const config = { ...tokens, ...(inConfig && { chat_template: template }) };
  await writeFile(join(own, 'tokenizer_config.json'), JSON.stringify(config));
  if (!inConfig) await writeFile(join(own, 'chat_template.jinja'), template);
}

/** What hpl makes of a conversation; null where the template refuses it. */
function ours(writer: ChatWriter, chat: readonly ChatMessage[]): string | null {
  try {
    return writer
      .writeWhole(chat, 'chat')
      .map(({ text }) => text)
      .join('');
  } catch (error) {
    if (error instanceof ModelFileError) return null;
    throw error;
  }
}

test.for(Object.keys(templates))(
  'conversations are written as transformers writes them: %s',
  async (name, { skip }) => {
    if (missing !== undefined) skip(missing);
    const { chatTemplate } = await readTokenizer(join(folder, name));
    const writer = new ChatWriter(chatTemplate!, today);
    expect(chats.map((chat) => ours(writer, chat))).toEqual(theirs[name]!.map(([whole]) => whole));
  },
);

test.for(Object.keys(templates))(
  'what is not learnt ends with the words that ask for the answer: %s',
  async (name, { skip }) => {
    if (missing !== undefined) skip(missing);
    const { chatTemplate } = await readTokenizer(join(folder, name));
    const pieces = new ChatWriter(chatTemplate!, today).write(chats[1]!, 'chat');
    const [[, asking], [whole]] = [theirs[name]![0]!, theirs[name]![1]!];
    expect(pieces.map(({ text }) => text).join('')).toBe(whole);
    expect(pieces.map(({ scored }) => scored)).toEqual([false, true]);
    // The same question in other words has the same end.
    const [question] = [chats[0]![0]!.content];
    expect(pieces[0]!.text).toBe(asking!.replace(question, 'Hi'));
  },
);
