import { expect, test } from 'vitest';
import { shellWord } from '../../src/base/shell-word.js';

test('words for a shell are quoted where they must be', () => {
  expect(['a.hpl', 'window=16', 'my file.hpl', "it's", '$x'].map(shellWord)).toEqual([
    'a.hpl',
    'window=16',
    "'my file.hpl'",
    `'it'\\''s'`,
    "'$x'",
  ]);
});
