import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkTokenizer, readTokenizer, type Tokenizer } from '../../src/model/tokenizer.js';
import { type ModelConfig, readModelConfig } from '../../src/model/config.js';

const root = join(import.meta.dirname, '../..');
let folder: string;
let tokenizer: Tokenizer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hpl-tokenizer-'));
  await cp(join(root, 'models/tiny-llama/tokenizer.json'), join(folder, 'tokenizer.json'));
  tokenizer = await readTokenizer(folder);
});
afterAll(() => rm(folder, { recursive: true }));

test('tokens are those of the Python package', async () => {
  const reference = JSON.parse(
    await readFile(join(root, 'test/reference/tokenizer.json'), 'utf8'),
  ) as readonly { text: string; tokens: number[] }[];
  for (const { text, tokens } of reference) {
    expect(tokenizer.encode(text), text).toEqual(tokens);
    expect(tokenizer.decode(tokens)).toBe(text);
  }
});

test('it has 512 tokens and separates documents by the first', () => {
  expect(tokenizer.vocabularySize).toBe(512);
  expect(tokenizer.endOfText).toBe(0);
  expect(tokenizer.decode([0])).toBe('<|endoftext|>');
});

test('every text survives encoding and decoding', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 200 }).filter((found) => !found.includes('<|'));
  fc.assert(
    fc.property(text, (found) => {
      const tokens = tokenizer.encode(found);
      expect(tokens.every((token) => token > 0 && token < 512)).toBe(true);
      expect(tokenizer.decode(tokens)).toBe(found);
    }),
  );
});

test('the empty text has no tokens', () => {
  expect(tokenizer.encode('')).toEqual([]);
  expect(tokenizer.decode([])).toBe('');
});

test.each<[string, Partial<ModelConfig>, string]>([
  [
    'more tokens than the model has embeddings for',
    { vocabularySize: 40 },
    'tokenizer.json has 512 tokens, config.json "vocab_size" 40.',
  ],
  [
    'too few of the tokens that the model has',
    { vocabularySize: 49_152 },
    'tokenizer.json has 512 tokens, config.json "vocab_size" 49152.',
  ],
  [
    'no token for the end of a text that the model knows',
    { vocabularySize: 576, endToken: 550 },
    'config.json "eos_token_id" is 550; tokenizer.json has 512 tokens, from 0 on.',
  ],
  [
    'no token for its beginning',
    { vocabularySize: 576, beginToken: 512 },
    'config.json "bos_token_id" is 512; tokenizer.json has 512 tokens, from 0 on.',
  ],
])('a tokenizer with %s is refused', async (_, change, problem) => {
  const config = { ...(await readModelConfig(join(root, 'models/tiny-llama/config.json'))), ...change };
  expect(() => {
    checkTokenizer(tokenizer, config, 'some/folder');
  }).toThrow(
    expect.objectContaining({
      message: `some/folder: ${problem} They do not belong to the same model. Fetch both from one place.`,
    }),
  );
});

test('embeddings that are rounded up, and those without named tokens, are no mistake', async () => {
  const config = await readModelConfig(join(root, 'models/tiny-llama/config.json'));
  for (const vocabularySize of [512, 576, 1536]) {
    checkTokenizer(tokenizer, { ...config, vocabularySize }, 'some/folder');
  }
});

test('a tokenizer that is missing, no JSON or of no known kind is refused by its path', async () => {
  const other = await mkdtemp(join(folder, 'broken-'));
  const file = join(other, 'tokenizer.json');
  await expect(readTokenizer(other)).rejects.toThrow(`${file}: the file cannot be read.`);
  await writeFile(file, '{');
  await expect(readTokenizer(other)).rejects.toThrow(`${file}: the file is not valid JSON (`);
  await writeFile(file, '{"model": {"type": "Abacus"}}');
  await expect(readTokenizer(other)).rejects.toThrow(`${file}: this tokenizer cannot be used (`);
});
