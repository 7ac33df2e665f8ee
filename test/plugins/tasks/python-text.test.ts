import { expect, test } from 'vitest';
import {
  capitalize,
  codePoints,
  countWords,
  strip,
  stripEnd,
} from '../../../src/plugins/tasks/likelihood/python-text.js';

// All expectations are what Python 3.11 answers.

test.each([
  ['\u0085a\u001c', 'a'],
  ['\ufeffa\ufeff', '\ufeffa\ufeff'],
  ['\u3000\u2028a b\u00a0', 'a b'],
  ['\u001f', ''],
  ['\u200b a', '\u200b a'],
  ['\u180ea', '\u180ea'],
])('strip %j', (text, stripped) => {
  expect(strip(text)).toBe(stripped);
});

test('only the end is stripped', () => {
  expect(stripEnd(' a \n')).toBe(' a');
});

test.each([
  ['', ''],
  ['hELLO World', 'Hello world'],
  ['ǆUNGLA', 'ǅungla'],
  ['ﬁNE', 'Fine'],
  ['ßA', 'Ssa'],
  ['ŉA', 'ʼNa'],
  ['აბ', 'აბ'],
  ['ᾳΑ', 'ᾼα'],
  ['ᾷΑ', '\u0391\u0342\u0345α'],
  ['ᾀΑ', 'ᾈα'],
  ['ΑΣ', 'Ας'],
  ['Σ', 'Σ'],
  ['İI', 'İi'],
  ['𐐨𐐀', '𐐀𐐨'],
  [' A', ' a'],
])('capitalize %j', (text, capitalized) => {
  expect(capitalize(text)).toBe(capitalized);
});

test('white space at either end adds an empty word', () => {
  expect([countWords(''), countWords('a b'), countWords(' a\n\nb '), countWords(' ')]).toEqual([1, 2, 4, 2]);
});

test('length is counted in code points', () => {
  expect([codePoints('e\u0301'), codePoints('👨‍👩‍👧'), codePoints('')]).toEqual([2, 5, 0]);
});
