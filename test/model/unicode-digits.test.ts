import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readTokenizer } from '../../src/model/tokenizer.js';
import { withUnicodeDigits } from '../../src/model/unicode-digits.js';

/** Two bytes make an Arabic three, two threes one more token. */
const vocabulary = { Ù: 0, '£': 1, 'Ù£': 2, 'Ù£Ù£': 3, '3': 4, '33': 5, a: 6 };
const merges = ['Ù £', 'Ù£ Ù£', '3 3'];
const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false };

async function encode(digits: object, text: string): Promise<readonly number[]> {
  const folder = await mkdtemp(join(tmpdir(), 'hpl-digits-'));
  try {
    const json = {
      version: '1.0',
      added_tokens: [],
      normalizer: null,
      pre_tokenizer: { type: 'Sequence', pretokenizers: [digits, byteLevel] },
      post_processor: null,
      decoder: byteLevel,
      model: { type: 'BPE', vocab: vocabulary, merges },
    };
    await writeFile(join(folder, 'tokenizer.json'), JSON.stringify(json));
    return (await readTokenizer(folder)).encode(text);
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('digits of every script stand alone where the tokenizer says that digits do', async () => {
  expect(await encode({ type: 'Digits', individual_digits: true }, '33٣٣a')).toEqual([4, 4, 2, 2, 6]);
});

test('runs of digits of every script stay together where the tokenizer says so', async () => {
  expect(await encode({ type: 'Digits', individual_digits: false }, '33a٣٣')).toEqual([5, 6, 3]);
});

test('everything else in a tokenizer stays as it is', () => {
  const split = { type: 'Split', pattern: { String: ' ' }, behavior: 'Removed', invert: false };
  const json = { model: { type: 'BPE' }, pre_tokenizer: { type: 'Sequence', pretokenizers: [split] } };
  expect(withUnicodeDigits(json)).toEqual(json);
  expect(withUnicodeDigits({ pre_tokenizer: null })).toEqual({ pre_tokenizer: null });
  expect(withUnicodeDigits({ model: 1 })).toEqual({ model: 1 });
});
