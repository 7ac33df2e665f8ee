import { expect, test } from 'vitest';
import { codeFrame } from '../../src/base/code-frame.js';
import type { Span } from '../../src/base/span.js';

/** Spans of each `«…»` in a text. */
function marked(text: string): readonly Span[] {
  const plain = text.replaceAll(/[«»]/g, '');
  const source = { file: 'file.hpl', text: plain };
  const spans: Span[] = [];
  let removed = 0;
  for (const match of text.matchAll(/«([^»]*)»/g)) {
    const start = match.index - removed;
    spans.push({ source, start, end: start + (match[1] ?? '').length });
    removed += 2;
  }
  return spans;
}

const frame = (text: string, words: readonly string[] = []): string =>
  codeFrame(marked(text).map((span, index) => ({ span, text: words[index] ?? '' }))).join('\n');

test('a label underlines its text', () => {
  expect(frame('one\n  two «three» four\n')).toBe('  2 |   two three four\n    |       ~~~~~');
});

test('labels of several lines stand in one frame, with a gap between distant lines', () => {
  expect(frame('«a»\nb\n«c»\n«d»', ['first', '', 'third'])).toBe(
    '  1 | a\n    | ~ first\n  . |\n  3 | c\n    | ~\n  4 | d\n    | ~ third',
  );
});

test('labels of one line get an underline each, from left to right', () => {
  expect(frame('«ab» cd «ef»', ['one', 'two'])).toBe('  1 | ab cd ef\n    | ~~ one\n    |       ~~ two');
});

test('tabs are shown as spaces up to the next stop', () => {
  expect(frame('\ta\t«b»')).toBe('  1 |     a   b\n    |         ~');
});

test('wide characters count double', () => {
  expect(frame('日本 «語» x')).toBe('  1 | 日本 語 x\n    |      ~~');
});

test('a character that would move the cursor is replaced', () => {
  expect(frame('a\u0007b «c»')).toBe('  1 | a\uFFFDb c\n    |     ~');
});

test('an empty label is shown as one mark, also at the end of the text', () => {
  expect(frame('ab«»')).toBe('  1 | ab\n    |   ~');
});

test('a label over many lines is shown on its first', () => {
  expect(frame('x «ab\ncd»\nef')).toBe('  1 | x ab\n    |   ~~');
});

test('a line that is wider than the terminal is cut to it, so that the underline stands where it should', () => {
  const spans = marked(`${'a'.repeat(50)} «bad» ${'c'.repeat(50)}`).map((span) => ({ span }));
  const lines = codeFrame(spans, undefined, 46);
  expect(lines).toEqual([`  1 | …${'a'.repeat(11)} bad ${'c'.repeat(22)}…`, `    | ${' '.repeat(13)}~~~`]);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(46);
});

test('of a long line only the surroundings of the label are shown', () => {
  const lines = frame(`${'a'.repeat(200)} «bad» ${'c'.repeat(200)}`).split('\n');
  expect(lines[0]).toBe(`  1 | …${'a'.repeat(29)} bad ${'c'.repeat(64)}…`);
  expect(lines[1]).toBe(`    | ${' '.repeat(31)}~~~`);
});

test('line numbers are as wide as the largest', () => {
  expect(frame(`${'x\n'.repeat(8)}«a»\n«b»`)).toBe('   9 | a\n     | ~\n  10 | b\n     | ~');
});

test('no labels, no frame', () => {
  expect(codeFrame([])).toEqual([]);
});
