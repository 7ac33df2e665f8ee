import { property, assert as assertProperty, integer } from 'fast-check';
import { expect, test } from 'vitest';
import { encodePair } from '../../../src/plugins/tasks/likelihood/encode-pair.js';
import { pairSequence } from '../../../src/plugins/tasks/likelihood/pair-sequence.js';
import { rollingWindows } from '../../../src/plugins/tasks/likelihood/rolling-windows.js';
import { textEncoder, type TextEncoder } from '../../../src/plugins/tasks/likelihood/text-encoder.js';

/** One token a character, its code; but "ab" is one token, 500, and "^", 1, begins texts. */
function encoder(addBos: boolean, start: readonly number[] = [1]): TextEncoder {
  const encode = (text: string): readonly number[] =>
    Array.from(text.matchAll(/ab|[^]/g), ([part]) =>
      part === 'ab' ? 500 : part === '^' ? 1 : part.charCodeAt(0),
    );
  return textEncoder({ encode, start, textOf: () => '^' }, addBos);
}

const [x, a, b, space] = Array.from('xab ', (character) => character.charCodeAt(0));

test('a merge over the border costs the start of the continuation', () => {
  expect(encodePair(encoder(false), { context: 'xa', continuation: 'bx' })).toEqual({
    context: [x, a],
    continuation: [x],
  });
});

test('white space at the end of the context becomes the start of the continuation', () => {
  expect(encodePair(encoder(false), { context: 'x ', continuation: 'b' })).toEqual({
    context: [x],
    continuation: [space, b],
  });
});

test('the prefix token stands before a text once, if at all', () => {
  const pair = (addBos: boolean, context: string): readonly number[] =>
    encodePair(encoder(addBos), { context, continuation: 'b' }).context;
  expect([pair(false, 'x'), pair(true, 'x'), pair(true, '^x')]).toEqual([[x], [1, x], [1, x]]);
  expect([pair(false, ''), pair(true, '')]).toEqual([[1], [1]]);
  expect(encodePair(encoder(true), { context: '', continuation: '^b' })).toEqual({
    context: [1],
    continuation: [b],
  });
});

test('a tokenizer without a token that begins texts is refused where one is needed', () => {
  const message = /has no token that begins a text/;
  expect(encodePair(encoder(false, []), { context: 'x', continuation: 'b' }).context).toEqual([x]);
  expect(() => encodePair(encoder(true, []), { context: 'x', continuation: 'b' })).toThrow(message);
  expect(() => encodePair(encoder(false, []), { context: '', continuation: 'b' })).toThrow(message);
});

test.each([
  [[], [2], 'nothing but white space stands before the continuation'],
  [[1], [], 'the continuation has no token'],
  [[1], [2, 3, 4], 'the continuation has 3 tokens, and the model is to see 2 at most'],
])('%j and %j cannot be scored', (context, continuation, message) => {
  expect(() => pairSequence({ context, continuation }, 2)).toThrow(new RangeError(message));
});

test('the last token is never seen, and a continuation may fill all that is', () => {
  expect(pairSequence({ context: [1, 2], continuation: [3, 4] }, 2)).toEqual({
    tokens: [2, 3],
    scored: [
      { position: 0, target: 3 },
      { position: 1, target: 4 },
    ],
    truncated: 1,
  });
});

test('windows score every token once, after the token before it, and see no more than they may', () => {
  assertProperty(
    property(integer({ min: 0, max: 60 }), integer({ min: 1, max: 20 }), (length, most) => {
      const tokens = Array.from({ length }, (_, index) => 100 + index);
      const windows = rollingWindows(tokens, 99, most);
      expect(windows.flatMap(({ scored }) => scored.map(({ target }) => target))).toEqual(tokens);
      for (const window of windows) {
        expect(window.tokens.length).toBeLessThanOrEqual(most);
        for (const { position, target } of window.scored) expect(window.tokens[position]).toBe(target - 1);
      }
    }),
  );
});
