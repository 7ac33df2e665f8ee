import { expect, test } from 'vitest';
import { GrowingText } from '../../../src/plugins/tasks/retrieval/growing-text.js';

/** A tokenizer of pairs of letters, whose cut of a text depends on all that stands before it. */
function pairs(): { readonly asked: string[]; readonly encode: (text: string) => readonly number[] } {
  const asked: string[] = [];
  return {
    asked,
    encode: (text) => {
      asked.push(text);
      return (text.match(/..?/g) ?? []).map((pair) => pair.length * 1000 + pair.charCodeAt(0));
    },
  };
}

test('a piece has the tokens that the whole text has more, and what was read stays as it is', () => {
  const { encode } = pairs();
  const text = new GrowingText({ encode, encodeAlone: encode, prefix: () => 0 }, [7]);
  expect(text.append('abc')).toEqual({ start: 1, end: 3 });
  // "c" was read alone; the "d" behind it would have been in its pair.
  expect(text.append('def')).toEqual({ start: 3, end: 4 });
  expect(text.tokens).toEqual([7, 2097, 1099, 2101]);
});

test('each piece costs one encoding of the text so far', () => {
  const { encode, asked } = pairs();
  const text = new GrowingText({ encode, encodeAlone: encode, prefix: () => 0 }, []);
  for (const piece of ['ab', 'cd', 'ef']) text.append(piece);
  expect(asked).toEqual(['ab', 'abcd', 'abcdef']);
});
