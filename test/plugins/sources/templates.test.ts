import { join } from 'node:path';
import { cp, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readTokenizer, type Tokenizer } from '../../../src/model/tokenizer.js';
import type { ComponentContext } from '../../../src/runtime/contract/plugin.js';
import { alpacaPrompt } from '../../../src/plugins/sources/alpaca/alpaca-prompt.js';
import { alpacaSource } from '../../../src/plugins/sources/alpaca/alpaca-source.js';
import { chatSource } from '../../../src/plugins/sources/chat/chat-source.js';
import { chat as chatPlugin } from '../../../src/plugins/sources/chat.js';
import { ChatWriter } from '../../../src/plugins/sources/chat/chat-writer.js';
import { strftime } from '../../../src/plugins/sources/chat/strftime.js';
import type { Document, Source } from '../../../src/plugins/sources/source.js';
import { collected, dataFolder, type DataFolder } from './data-folder.js';

let folder: DataFolder;
beforeAll(async () => {
  folder = await dataFolder();
});
afterAll(() => folder.remove());

/** As SmolLM2-Instruct and many others write conversations. */
const chatml = `{% for message in messages %}
{% if loop.first and message['role'] != 'system' %}
{{ '<|im_start|>system\\nYou help.<|im_end|>\\n' -}}
{% endif %}
{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] | trim + eos_token + '\\n' -}}
{% endfor %}
{% if add_generation_prompt %}
{{ '<|im_start|>assistant\\n' -}}
{% endif %}
`;

/** A tokenizer of which only the template matters. */
function speaking(text: string | undefined): Tokenizer {
  const chatTemplate = {
    text: text ?? '',
    file: 'F/tokenizer_config.json',
    tokens: { eos_token: '<|im_end|>' },
  };
  return {
    vocabularySize: 0,
    fingerprint: '',
    encode: () => [],
    decode: () => '',
    ...(text !== undefined && { chatTemplate }),
  };
}

async function documentsOf(source: Source, tokenizer = speaking(chatml)): Promise<readonly Document[]> {
  if (source.gives !== 'documents') throw new Error('no documents');
  const { signal } = new AbortController();
  const path = (option: string): string => join(folder.path, option);
  const steps = await collected(source.documents({ path, tokenizer, signal }));
  return steps.flatMap((step) => (step.type === 'document' ? [step.document] : []));
}

const jsonl = (...records: readonly unknown[]): string =>
  records.map((record) => `${JSON.stringify(record)}\n`).join('');

test('the Alpaca prompt is that of Stanford, the answer on a line of its own', () => {
  expect(alpacaPrompt('Name a colour.', ' '))
    .toBe(`Below is an instruction that describes a task. Write a response that appropriately completes the request.

### Instruction:
Name a colour.

### Response:
`);
  expect(alpacaPrompt('Translate.', 'Guten Tag'))
    .toBe(`Below is an instruction that describes a task, paired with an input that provides further context. Write a response that appropriately completes the request.

### Instruction:
Translate.

### Input:
Guten Tag

### Response:
`);
});

const alpacaKeys = { instruction: 'instruction', input: 'input', output: 'output', maskPrompt: true };

test('of an instruction the answer is learnt, and one without an answer is left out', async () => {
  await folder.write(
    'alpaca.json',
    JSON.stringify([
      { instruction: 'Add.', input: '1 and 2', output: '3' },
      { instruction: 'Wait.', output: ' ' },
      { instruction: 'Greet.', input: null, output: 'Hello' },
    ]),
  );
  const source = (maskPrompt: boolean): Source =>
    alpacaSource({ path: 'alpaca.json' }, { ...alpacaKeys, maskPrompt });
  expect(await documentsOf(source(true))).toEqual([
    {
      origin: 'alpaca.json:item 1',
      pieces: [
        { text: alpacaPrompt('Add.', '1 and 2'), scored: false },
        { text: '3', scored: true },
      ],
      separated: true,
    },
    {
      origin: 'alpaca.json:item 3',
      pieces: [
        { text: alpacaPrompt('Greet.', ''), scored: false },
        { text: 'Hello', scored: true },
      ],
      separated: true,
    },
  ]);
  const open = await documentsOf(source(false));
  expect(open.flatMap(({ pieces }) => pieces.map(({ scored }) => scored))).toEqual([true, true, true, true]);
});

test('an instruction without its key is refused with the option that names it', async () => {
  await folder.write('dolly.jsonl', jsonl({ instruction: 'Add.', context: '', response: '3' }));
  expect(await folder.problemOf(documentsOf(alpacaSource({ path: 'dolly.jsonl' }, alpacaKeys)))).toBe(
    'F/dolly.jsonl:1: this line has no text under "output". Its keys are "instruction", "context", "response"; name one of them as "output".',
  );
  const renamed = { ...alpacaKeys, input: 'context', output: 'response' };
  expect(await documentsOf(alpacaSource({ path: 'dolly.jsonl' }, renamed))).toHaveLength(1);
});

const today = new Date('2024-07-26');
const chat = (path: string, maskPrompt = true): Source =>
  chatSource({ path }, { key: 'messages', maskPrompt, today });
const user = (content: string): object => ({ role: 'user', content });
const assistant = (content: string): object => ({ role: 'assistant', content });

test("a conversation is written by the model's template; what the assistant says is learnt, its end too", async () => {
  await folder.write(
    'chats.jsonl',
    jsonl({ messages: [user('Hi'), assistant('Hello!'), user('Bye'), assistant('See you. '), user('?')] }),
  );
  const [document] = await documentsOf(chat('chats.jsonl'));
  expect(document).toEqual({
    origin: 'chats.jsonl:1',
    separated: false,
    pieces: [
      {
        text: '<|im_start|>system\nYou help.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n',
        scored: false,
      },
      { text: 'Hello!<|im_end|>\n', scored: true },
      { text: '<|im_start|>user\nBye<|im_end|>\n<|im_start|>assistant\n', scored: false },
      { text: 'See you.<|im_end|>\n', scored: true },
      { text: '<|im_start|>user\n?<|im_end|>\n', scored: false },
    ],
  });
  const [open] = await documentsOf(chat('chats.jsonl', false));
  expect(open!.pieces).toEqual([{ text: document!.pieces.map(({ text }) => text).join(''), scored: true }]);
});

test('a template that asks for tools finds that there are none', () => {
  const text = "{{ 'tools' if tools is not none else 'no tools' }}{{ ' and' if documents }}";
  const writer = new ChatWriter({ text, file: 'F', tokens: {} }, today);
  expect(writer.writeWhole([{ role: 'user', content: 'a' }], 'here')).toEqual([
    { text: 'no tools', scored: true },
  ]);
});

const dated = "{{ strftime_now('%d %b %Y') }}";

test('a template that asks for the date is told that of the option, whatever the day of the run', async () => {
  await folder.write('chats.jsonl', jsonl({ messages: [user('Hi'), assistant('Hello!')] }));
  const context = {} as ComponentContext;
  const written = async (date: string): Promise<readonly string[]> => {
    const options = { path: 'chats.jsonl', field: 'messages', mask_prompt: false, date };
    const [document] = await documentsOf(await chatPlugin.create(options, context), speaking(dated));
    return document!.pieces.map(({ text }) => text);
  };
  expect(await written('2024-07-26')).toEqual(['26 Jul 2024']);
  expect(await written('2026-03-01')).toEqual(['01 Mar 2026']);
});

test('dates are written as in Python, in English and UTC', () => {
  const date = new Date('2024-07-05T06:07:08Z');
  expect(strftime(date, '%A %a, %d %B %b %Y %y-%m %H:%M:%S, 100%% %-d.%-m')).toBe(
    'Friday Fri, 05 July Jul 2024 24-07 06:07:08, 100% 5.7',
  );
});

test('ShareGPT is understood, and a conversation without an answer is left out', async () => {
  await folder.write(
    'share.jsonl',
    jsonl(
      {
        conversations: [
          { from: 'human', value: 'Hi' },
          { from: 'gpt', value: 'Hello!' },
        ],
      },
      { conversations: [{ from: 'human', value: 'Hi' }] },
    ),
  );
  const source = chatSource({ path: 'share.jsonl' }, { key: 'conversations', maskPrompt: true, today });
  const documents = await documentsOf(source);
  expect(documents.map(({ pieces }) => pieces.at(-1)!.text)).toEqual(['Hello!<|im_end|>\n']);
});

const forgetful = `{% for message in messages %}
{{ message['role'] + ': ' + ('' if message['role'] == 'assistant' and not loop.last else message['content']) + '\\n' -}}
{% endfor %}`;
const strict = `{% if messages[0]['role'] != 'user' %}{{ raise_exception('The user speaks first.') }}{% endif %}`;
const talk = { messages: [user('Hi'), assistant('Hello!'), user('Bye'), assistant('Bye!')] };

test.each<[string, string | undefined, unknown, string]>([
  [
    'no template',
    undefined,
    talk,
    'The source "chat": the tokenizer has no chat template: there is no "chat_template" in tokenizer_config.json, and no chat_template.jinja beside it. Name the tokenizer of a model made for conversation, or use "alpaca" or "text".',
  ],
  [
    'a template that is none',
    '{% for message in %}',
    talk,
    'F/tokenizer_config.json: the chat template cannot be understood (WHY). Fetch the tokenizer again, or correct it.',
  ],
  [
    'a conversation that the template refuses',
    strict,
    { messages: [assistant('Hi')] },
    'F/talk.jsonl:1: the chat template refuses this conversation (The user speaks first.). Correct or remove it.',
  ],
  [
    'a template that wants a form of date that is not known',
    "{{ strftime_now('%x') }}",
    talk,
    'F/talk.jsonl:1: the chat template refuses this conversation (strftime_now does not know "%x", but %a, %A, %b, %B, %d, %H, %m, %M, %S, %y, %Y, %%). Correct or remove it.',
  ],
  [
    'a template that rewrites what was said',
    forgetful,
    talk,
    'F/talk.jsonl:1: the chat template writes the turns before an answer otherwise once the answer is there, so its tokens cannot be told from the prompt. Give each answer a conversation of its own that ends with it, or set "mask_prompt" to false.',
  ],
  [
    'messages that are none',
    chatml,
    { messages: [{ role: 'user', text: 'Hi' }] },
    'F/talk.jsonl:1: "messages" of this line is [{"role":"user","text":"Hi"}], no list of messages with "role" and "content". Correct or remove the line.',
  ],
  [
    'another key',
    chatml,
    { conversations: [] },
    'F/talk.jsonl:1: this line has no text under "messages". Its keys are "conversations"; name one of them as "field".',
  ],
])('refused: %s', async (_, template, record, message) => {
  await folder.write('talk.jsonl', jsonl(record));
  const found = await folder.problemOf(documentsOf(chat('talk.jsonl'), speaking(template)));
  expect(message.includes('(WHY)') ? found.replace(/\(.*\)/, '(WHY)') : found).toBe(message);
});

test('the template of a tokenizer is found in its config, by name, or in a file of its own', async () => {
  await cp(
    join(import.meta.dirname, '../../../models/tiny-llama/tokenizer.json'),
    join(folder.path, 'tokenizer.json'),
  );
  const withConfig = async (config: object): Promise<Tokenizer> => {
    await writeFile(join(folder.path, 'tokenizer_config.json'), JSON.stringify(config));
    return readTokenizer(folder.path);
  };
  expect((await withConfig({})).chatTemplate).toBeUndefined();
  const bos = { bos_token: { content: '<s>' }, eos_token: '</s>' };
  const file = join(folder.path, 'tokenizer_config.json');
  const tokens = { bos_token: '<s>', eos_token: '</s>' };
  expect((await withConfig({ ...bos, chat_template: 'one' })).chatTemplate).toEqual({
    text: 'one',
    file,
    tokens,
  });
  const named = [
    { name: 'tool_use', template: 'two' },
    { name: 'default', template: 'three' },
  ];
  expect((await withConfig({ ...bos, chat_template: named })).chatTemplate?.text).toBe('three');
  await folder.write('chat_template.jinja', 'four');
  expect((await withConfig({ ...bos, chat_template: 'one' })).chatTemplate?.text).toBe('four');
});
