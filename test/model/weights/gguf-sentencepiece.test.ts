import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readTokenizer, type Tokenizer } from '../../../src/model/tokenizer.js';
import { GgufFile } from '../../../src/model/weights/gguf.js';
import { ggufTokenizer } from '../../../src/model/weights/gguf-tokenizer.js';

const reference = join(import.meta.dirname, '../../reference/gguf');
let folder: string;
let tokenizer: Tokenizer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hpl-sentencepiece-'));
  const source = await GgufFile.open(join(reference, 'sentencepiece.gguf'));
  const files = ggufTokenizer(source);
  await source.close();
  await writeFile(join(folder, 'tokenizer.json'), JSON.stringify(files.tokenizer));
  await writeFile(join(folder, 'tokenizer_config.json'), JSON.stringify(files.config));
  tokenizer = await readTokenizer(folder);
});
afterAll(() => rm(folder, { recursive: true }));

const expected = JSON.parse(await readFile(join(reference, 'sentencepiece.json'), 'utf8')) as readonly {
  readonly text: string;
  readonly tokens: readonly number[];
}[];

test('texts become the tokens that SentencePiece makes of them', () => {
  expect(expected.length).toBeGreaterThan(300);
  const different = expected.filter(({ text, tokens }) => tokenizer.encode(text).join() !== tokens.join());
  expect(different).toEqual([]);
});

test('tokens become the texts again', () => {
  const different = expected.filter(({ text, tokens }) => tokenizer.decode(tokens) !== text);
  expect(different).toEqual([]);
});

test('begin, end and unknown are no text; the end is between documents', () => {
  expect(tokenizer.encode('<s>')).toEqual([1]);
  expect(tokenizer.encode('<unk>')).toEqual([0]);
  expect(tokenizer.endOfText).toBe(2);
});

test.each(['scores', 'token_type'])('%s that do not fit the tokens are refused', async (name) => {
  const bytes = await readFile(join(reference, 'sentencepiece.gguf'));
  const key = `tokenizer.ggml.${name}`;
  bytes.write('x', bytes.indexOf(key, 0, 'latin1') + key.length - 1, 'latin1');
  const file = join(folder, 'changed.gguf');
  await writeFile(file, bytes);
  const source = await GgufFile.open(file);
  expect(() => ggufTokenizer(source)).toThrow(
    `${file}: "${key}" does not fit the 700 tokens. Name the Hugging Face folder of the model instead.`,
  );
  await source.close();
});
