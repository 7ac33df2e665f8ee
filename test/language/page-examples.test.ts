import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { renderDiagnostics } from '../../src/base/render-diagnostics.js';
import { compilePipeline } from '../../src/cli/compose.js';
import { print } from '../../src/language/print.js';

const pages = [
  'README.md',
  ...readdirSync('docs')
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`)
    .sort(),
];

const examples = pages.flatMap((page) =>
  [...readFileSync(page, 'utf8').matchAll(/^```hpl(.*)\n([^]*?)^```$/gm)].map(
    ([, info = '', text = ''], index) => ({
      page,
      number: index + 1,
      text,
      set: Object.fromEntries(
        [...info.matchAll(/--set (\w+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value]),
      ),
    }),
  ),
);

test('every page with examples is looked at', () => {
  const found = new Set(examples.map(({ page }) => page));
  expect([...found]).toEqual(['README.md', 'docs/data.md', 'docs/evaluation.md', 'docs/language.md']);
});

test.each(examples)(
  'example $number of $page is accepted by hpl check, and laid out as fmt would',
  async ({ page, text, set }) => {
    const checked = await compilePipeline({ file: page.replace(/\.md$/, '.hpl'), text }, { set });
    expect(checked.ok ? '' : renderDiagnostics(checked.error, { color: false })).toBe('');
    expect(print({ file: 'example.hpl', text })).toEqual({ ok: true, value: text });
  },
);
