import { expect, test } from 'vitest';
import type { Diagnostic } from '../../src/base/diagnostic.js';
import { diagnosticsToJson, renderDiagnostics } from '../../src/base/render-diagnostics.js';

const source = { file: 'pipelines/hybrid.hpl', text: 'a = 1\nwindow = 0 tokens\n' };
const other = { file: '--set', text: 'window=0' };
const tooSmall: Diagnostic = {
  code: 'out-of-range',
  severity: 'error',
  message: '"window" must be at least 1 token; this is 0 tokens.',
  span: { source, start: 15, end: 23 },
  related: [
    { message: 'declared here', span: { source, start: 0, end: 1 } },
    { message: 'used here', span: { source: other, start: 7, end: 8 } },
  ],
  fix: { span: { source, start: 15, end: 16 }, text: '1' },
};

test('place, severity and code come first, then the source, the message, other places and the remedy', () => {
  expect(
    renderDiagnostics([tooSmall, { ...tooSmall, severity: 'warning', related: [] }], { color: false }),
  ).toBe(
    `pipelines/hybrid.hpl:2:10 error out-of-range
  1 | a = 1
    | ~ declared here
  2 | window = 0 tokens
    |          ~~~~~~~~
"window" must be at least 1 token; this is 0 tokens.
used here: --set:1:8
  1 | window=0
    |        ~
help: replace \`0\` by \`1\`

pipelines/hybrid.hpl:2:10 warning out-of-range
  2 | window = 0 tokens
    |          ~~~~~~~~
"window" must be at least 1 token; this is 0 tokens.
help: replace \`0\` by \`1\``,
  );
});

test('colour adds escapes and changes no word', () => {
  const colored = renderDiagnostics([tooSmall], { color: true });
  const escapes = new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, 'g');
  expect(colored).not.toBe(renderDiagnostics([tooSmall], { color: false }));
  expect(colored.replaceAll(escapes, '')).toBe(renderDiagnostics([tooSmall], { color: false }));
});

test('programs get places as line, column and offset', () => {
  const [json] = diagnosticsToJson([tooSmall]);
  expect(json).toMatchObject({
    code: 'out-of-range',
    file: 'pipelines/hybrid.hpl',
    start: { line: 2, column: 10, offset: 15 },
    end: { line: 2, column: 18, offset: 23 },
    fix: { start: { line: 2, column: 10, offset: 15 }, text: '1' },
  });
});
