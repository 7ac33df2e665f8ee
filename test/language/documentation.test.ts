import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { print } from '../../src/language/print.js';
import { reservedWords } from '../../grammar/tokens.js';
import { units } from '../../src/base/units.js';
import { compiled } from './expect.js';

const page = readFileSync('docs/language.md', 'utf8');
const examples = [...page.matchAll(/^```hpl(.*)\n([^]*?)^```$/gm)].map(([, info = '', text = '']) => ({
  text,
  set: Object.fromEntries(
    [...info.matchAll(/--set (\w+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value]),
  ),
}));

test('every example of the reference compiles without a warning and is laid out as fmt would', () => {
  expect(examples).toHaveLength(3);
  for (const { text, set } of examples) {
    expect(compiled(text, set).warnings).toEqual([]);
    expect(print({ file: 'example.hpl', text })).toEqual({ ok: true, value: text });
  }
});

test('the reference names every reserved word and every unit', () => {
  for (const word of reservedWords) expect(page).toContain(`\`${(word.PATTERN as RegExp).source}\``);
  for (const unit of Object.keys(units)) {
    const plural = `${unit}(s)`;
    expect(
      page.includes(`\`${unit}\``) ||
        page.includes(`\`${plural}\``) ||
        page.includes(`\`${unit.slice(0, -1)}(s)\``),
    ).toBe(true);
  }
});
