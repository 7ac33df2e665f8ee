import { define } from '../../base/diagnostic-table.js';

/** Values that do not fit their place. */
export const valueDiagnostics = {
  'type-mismatch': define<{ key: string; found: string; expected: string; hint?: string }>({
    severity: 'error',
    message: ({ key, found, expected, hint }) =>
      `Found ${found} for "${key}"; expected ${expected}.${hint === undefined ? '' : ` ${hint}`}`,
  }),
  'unit-mismatch': define<{ key: string; found: string; expected: string }>({
    severity: 'error',
    message: ({ key, found, expected }) => `Found ${found} for "${key}"; expected ${expected}.`,
  }),
  'param-type': define<{ name: string; found: string; expected: string }>({
    severity: 'error',
    message: ({ name, found, expected }) =>
      `--set gives ${found} for the param "${name}"; the file declares it as ${expected}. ` +
      'The text behind "=" is read as a value of the language: strings need their quotes.',
  }),
  'invalid-condition': define<{ found: string; expected: string }>({
    severity: 'error',
    message: ({ found, expected }) => `Found ${found} in a condition; expected ${expected}.`,
  }),
  'out-of-range': define<{ message: string }>({ severity: 'error', message: ({ message }) => message }),
  'invalid-value': define<{ message: string }>({ severity: 'error', message: ({ message }) => message }),
  'rule-not-met': define<{ message: string }>({ severity: 'error', message: ({ message }) => message }),
} as const;
