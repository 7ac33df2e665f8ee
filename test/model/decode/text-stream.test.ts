import { expect, test } from 'vitest';
import { TextStream } from '../../../src/model/decode/text-stream.js';

/** Tokens are bytes. */
const bytes = { decode: (tokens: readonly number[]) => Buffer.from(tokens).toString('utf8') };

/** A tokenizer that drops the space before the first word. */
const words = {
  decode: (tokens: readonly number[]) =>
    tokens
      .map((token) => ` w${token}`)
      .join('')
      .replace(/^ /, ''),
};

test('a character of several tokens comes when its last one comes', () => {
  const stream = new TextStream(bytes, [...Buffer.from('Hi ')]);
  const pieces = [...Buffer.from('aé😀')].map((byte) => stream.push(byte));
  expect(pieces).toEqual(['a', '', 'é', '', '', '', '😀']);
  expect(stream.end()).toBe('');
});

test('a text that ends inside a character shows that something was there', () => {
  const stream = new TextStream(bytes, []);
  expect(stream.push(0xf0)).toBe('');
  expect(stream.end()).toBe('\uFFFD');
});

test('the text of a token follows from the one before it', () => {
  const stream = new TextStream(words, [1]);
  expect([2, 3, 4].map((token) => stream.push(token)).join('')).toBe(' w2 w3 w4');
});
