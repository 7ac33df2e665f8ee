import { expect } from 'vitest';
import type { Diagnostic } from '../../src/base/diagnostic.js';
import { renderDiagnostics } from '../../src/base/render-diagnostics.js';
import { compile, type Compilation } from '../../src/language/compile.js';
import type { Overrides } from '../../src/language/resolve.js';
import { testSignatures } from './signatures.js';

export const signatures = testSignatures();

/** Everything that is wrong with a text, warnings included. */
export function diagnosticsOf(text: string, set: Overrides = {}): readonly Diagnostic[] {
  const result = compile({ file: 'file.hpl', text }, signatures, { set });
  return result.ok ? result.value.warnings : result.error;
}

/** The compiled pipeline; fails with the diagnostics in full where there is none. */
export function compiled(text: string, set: Overrides = {}): Compilation {
  const result = compile({ file: 'file.hpl', text }, signatures, { set });
  if (!result.ok) throw new Error(renderDiagnostics(result.error, { color: false }));
  return result.value;
}

/** A file around the lines of one pipeline. */
export function pipeline(lines: string): string {
  return `hpl 1\n\npipeline test {\n${lines}\n}\n`;
}

/** A file around the settings of one stage, with a model `teacher` and data `speeches` to refer to. */
export function stage(kind: string, settings: string): string {
  return pipeline(`  model teacher { source = "m" }
  data speeches { source = "d" }
  ${kind} tested {
    ${settings}
  }`);
}

/**
 * Expects exactly one diagnostic with this code, at the place that the text marks with `«` and `»`, and gives back its
 * message.
 */
export function expectOne(marked: string, code: string, set: Overrides = {}): string {
  const start = marked.indexOf('«');
  const end = marked.indexOf('»') - 1;
  const text = marked.replace('«', '').replace('»', '');
  const found = diagnosticsOf(text, set);
  const shown = renderDiagnostics(found, { color: false });
  expect(
    found.map((diagnostic) => diagnostic.code),
    shown,
  ).toEqual([code]);
  const [diagnostic] = found;
  if (start >= 0) {
    expect({ start: diagnostic!.span.start, end: diagnostic!.span.end }, shown).toEqual({ start, end });
  }
  return diagnostic!.message;
}
