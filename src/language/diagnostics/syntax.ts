import { define } from '../../base/diagnostic-table.js';

/** Mistakes against the grammar. A file with one of these is never run, and never formatted. */
export const syntaxDiagnostics = {
  'unexpected-character': define<{ text: string }>({
    severity: 'error',
    message: ({ text }) =>
      text === '":"'
        ? 'Found ":", which begins nothing in a pipeline file. A setting is written with "=", as in "window = 16".'
        : `Found ${text}, which begins nothing in a pipeline file. Remove it, or put it inside a string in double quotes.`,
  }),
  'unterminated-string': define<object>({
    severity: 'error',
    message: () => 'This string has no closing quote. A string ends on the line where it begins; add "\\"".',
  }),
  'single-quotes': define<object>({
    severity: 'error',
    message: () => 'This string is written in single quotes. Strings are written in double quotes.',
  }),
  'unknown-escape': define<{ text: string }>({
    severity: 'error',
    message: ({ text }) =>
      `Found the escape ${text} in a string, which means nothing. Known escapes: \\" \\\\ \\n \\t \\u{…}. ` +
      'For a backslash itself, write two.',
  }),
  'slash-comment': define<object>({
    severity: 'error',
    message: () => 'Found a comment that begins with "//". Comments begin with "#".',
  }),
  'unclosed-bracket': define<{ opener: string; closer: string }>({
    severity: 'error',
    message: ({ opener, closer }) => `This "${opener}" is never closed. Add "${closer}" where it ends.`,
  }),
  'unopened-bracket': define<{ closer: string }>({
    severity: 'error',
    message: ({ closer }) => `This "${closer}" closes nothing. Remove it, or add what it should close.`,
  }),
  'misplaced-brace': define<object>({
    severity: 'error',
    message: () => 'Found "{" at the beginning of a line. It belongs at the end of the line before.',
  }),
  'too-complex': define<object>({
    severity: 'error',
    message: () =>
      'This is nested more than 64 deep, or a single value has more than 256 operators. Split it into smaller parts.',
  }),
  'missing-value': define<{ after: string }>({
    severity: 'error',
    message: ({ after }) =>
      `The value after "${after}" is missing. A value stands on the same line, such as 7, "text", a word or a list; ` +
      'it goes on below only inside "( )" or "[ ]".',
  }),
  'missing-separator': define<object>({
    severity: 'error',
    message: () =>
      'Two settings stand on one line with nothing between them. Separate them by "," or a line break.',
  }),
  'missing-comma': define<{ next: string }>({
    severity: 'error',
    message: ({ next }) =>
      `A "," is missing between this and "${next}". The elements of a list are separated by commas, also where each ` +
      'stands on a line of its own.',
  }),
  'reserved-word': define<{ word: string }>({
    severity: 'error',
    message: ({ word }) =>
      `"${word}" is a word of the language and cannot be used as a name. Choose another name, such as "my_${word}".`,
  }),
  'unexpected-token': define<{ found: string; expected: string }>({
    severity: 'error',
    message: ({ found, expected }) => `Found ${found}; expected ${expected}.`,
  }),
} as const;
