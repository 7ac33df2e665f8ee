import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { renderDiagnostics } from '../../src/base/render-diagnostics.js';
import { compilePipeline } from '../../src/cli/compose.js';
import { print } from '../../src/language/print.js';

/** The reference of the language is compiled with plugins of the tests' own: documentation.test.ts. */
const pages = [
  'README.md',
  ...readdirSync('docs')
    .filter((name) => name.endsWith('.md') && name !== 'language.md')
    .map((name) => `docs/${name}`)
    .sort(),
];

const examples = pages.flatMap((page) =>
  [...readFileSync(page, 'utf8').matchAll(/^```hpl\n([^]*?)^```$/gm)].map(([, text = ''], index) => ({
    page,
    number: index + 1,
    text,
  })),
);

test('every page with examples is looked at', () => {
  const found = new Set(examples.map(({ page }) => page));
  expect([...found]).toEqual(['README.md', 'docs/data.md', 'docs/evaluation.md']);
});

test.each(examples)(
  'example $number of $page is accepted by hpl check, and laid out as fmt would',
  async ({ page, text }) => {
    const checked = await compilePipeline({ file: page.replace(/\.md$/, '.hpl'), text });
    expect(checked.ok ? '' : renderDiagnostics(checked.error, { color: false })).toBe('');
    expect(print({ file: 'example.hpl', text })).toEqual({ ok: true, value: text });
  },
);
