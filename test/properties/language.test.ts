import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { diagnosticsToJson, renderDiagnostics } from '../../src/base/render-diagnostics.js';
import type { Diagnostic } from '../../src/base/diagnostic.js';
import { parse } from '../../src/language/parse.js';
import { print } from '../../src/language/print.js';
import { compiled, diagnosticsOf } from '../language/expect.js';
import { anySource, mutatedFile } from './arbitrary-source.js';
import { fileText, treeOf, type Spacing } from './arbitrary-tree.js';
import { arbitraryItems } from './arbitrary-tree.js';

const read = (text: string): ReturnType<typeof parse> => parse({ file: 'file.hpl', text });

function withoutSpans(value: unknown): unknown {
  const json = JSON.stringify(value, (key, inner: unknown) => (key === 'span' ? undefined : inner));
  return JSON.parse(json);
}

function expectValid({ span, related, fix, message }: Diagnostic): void {
  expect(message).not.toMatch(/undefined|NaN|\[object/);
  for (const { start, end, source } of [
    span,
    ...related.map((place) => place.span),
    ...(fix ? [fix.span] : []),
  ]) {
    expect(Number.isInteger(start) && Number.isInteger(end)).toBe(true);
    expect(start).toBeGreaterThanOrEqual(0);
    expect(end).toBeGreaterThanOrEqual(start);
    expect(end).toBeLessThanOrEqual(source.text.length);
  }
}

test('whatever the text, compiling never throws and every place lies inside its text', () => {
  fc.assert(
    fc.property(anySource, (text) => {
      const found = diagnosticsOf(text);
      found.forEach(expectValid);
      expect(renderDiagnostics(found, { color: false }).length).toBeGreaterThanOrEqual(0);
      expect(diagnosticsToJson(found)).toHaveLength(found.length);
    }),
    { numRuns: 400 },
  );
});

test('whatever follows --set, compiling never throws', () => {
  const text = readFileSync('test/cases/compiles/design-example.hpl', 'utf8').replace('16 tokens', 'width');
  const declared = text.replace('seed = 7', 'seed = 7\n  param width = 16 tokens');
  fc.assert(
    fc.property(anySource, (value) => {
      diagnosticsOf(declared, { width: value }).forEach(expectValid);
    }),
    { numRuns: 100 },
  );
});

test('formatting twice is formatting once', () => {
  fc.assert(
    fc.property(mutatedFile, (text) => {
      const once = print({ file: 'file.hpl', text });
      if (!once.ok) return;
      expect(print({ file: 'file.hpl', text: once.value })).toEqual(once);
    }),
    { numRuns: 300 },
  );
});

test('formatting changes neither the meaning nor a comment', () => {
  fc.assert(
    fc.property(mutatedFile, (text) => {
      const printed = print({ file: 'file.hpl', text });
      if (!printed.ok) return;
      expect(withoutSpans(read(printed.value).tree)).toEqual(withoutSpans(read(text).tree));
      const comments = (source: string): readonly string[] =>
        read(source)
          .written.filter(({ tokenType }) => tokenType.name === 'Comment')
          .map(({ image }) => image.trimEnd());
      expect(comments(printed.value)).toEqual(comments(text));
    }),
    { numRuns: 300 },
  );
});

const spacing: fc.Arbitrary<Spacing> = fc.record({
  between: fc.constantFrom(' ', '  ', '\t'),
  newline: fc.constantFrom('\n', '\r\n', '\n\n', '  # comment\n'),
});

test('every tree, written with any spacing, reads back as itself, before and after formatting', () => {
  fc.assert(
    fc.property(arbitraryItems, spacing, (items, space) => {
      const text = fileText(items, space);
      const parsed = read(text);
      expect(renderDiagnostics(parsed.diagnostics, { color: false })).toBe('');
      expect(withoutSpans(parsed.tree)).toEqual(treeOf(items));
      const printed = print({ file: 'file.hpl', text });
      expect(printed.ok && withoutSpans(read(printed.value).tree)).toEqual(treeOf(items));
    }),
    { numRuns: 300 },
  );
});

test('applying a suggestion cures that error and brings no new one of its kind', () => {
  fc.assert(
    fc.property(mutatedFile, (text) => {
      const found = diagnosticsOf(text);
      const suggestion = found.find(({ fix }) => fix !== undefined);
      if (suggestion?.fix === undefined) return;
      const { span, text: replacement } = suggestion.fix;
      const mended = text.slice(0, span.start) + replacement + text.slice(span.end);
      const same = (diagnostic: Diagnostic): boolean =>
        diagnostic.code === suggestion.code && diagnostic.message === suggestion.message;
      expect(diagnosticsOf(mended).filter(same).length, `${text}\n---\n${mended}`).toBeLessThan(
        found.filter(same).length,
      );
    }),
    { numRuns: 300 },
  );
});

test('checked options depend neither on the layout nor on comments', () => {
  const text = readFileSync('test/cases/compiles/design-example.hpl', 'utf8');
  const options = (source: string): unknown => withoutSpans(compiled(source).pipeline);
  const gaps = [...text.matchAll(/ +|\n/g)].filter(({ index }) => !/["#]/.test(lineAround(text, index)));
  fc.assert(
    fc.property(fc.constantFrom(...gaps), fc.constantFrom('  ', '\t', '   '), ({ 0: gap, index }, wider) => {
      const added = gap === '\n' ? ' # a comment\n\n' : wider;
      const changed = text.slice(0, index) + added + text.slice(index + gap.length);
      expect(options(changed)).toEqual(options(text));
    }),
    { numRuns: 60 },
  );
});

function lineAround(text: string, index: number): string {
  const end = text.indexOf('\n', index);
  return text.slice(text.lastIndexOf('\n', index - 1) + 1, end < 0 ? undefined : end);
}
