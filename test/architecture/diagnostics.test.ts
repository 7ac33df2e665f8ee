import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { renderDiagnostics } from '../../src/base/render-diagnostics.js';
import type { Diagnostic } from '../../src/base/diagnostic.js';
import { languageDiagnostics } from '../../src/language/diagnostics.js';
import { diagnosePluginLoad, usesOf } from '../../src/language/uses.js';
import { planDiagnostics } from '../../src/runtime/plan-diagnostics.js';
import { compilePipeline, planPipeline } from '../../src/cli/compose.js';
import { forecastRun } from '../../src/cli/forecast-run.js';
import { diagnosticsOf } from '../language/expect.js';

const codes = Object.keys(languageDiagnostics).sort();
const allCodes = [...codes, ...Object.keys(planDiagnostics)].sort();
const folder = 'docs/diagnostics';
const pages = readdirSync(folder)
  .filter((name) => name !== 'README.md')
  .map((name) => name.replace(/\.md$/, ''))
  .sort();

interface Example {
  readonly text: string;
  readonly set: Readonly<Record<string, string>>;
}

/** The fenced examples under one heading; `hpl --set name=value` gives overrides. */
function examplesOf(code: string, heading: string): readonly Example[] {
  const page = readFileSync(`${folder}/${code}.md`, 'utf8');
  const section = page.split(/^## /m).find((part) => part.startsWith(heading)) ?? '';
  return [...section.matchAll(/^```hpl(?<info>.*)\n(?<text>[^]*?)^```$/gm)].map(({ groups = {} }) => {
    const sets = [...(groups['info'] ?? '').matchAll(/--set (\w+)=(\S+)/g)];
    return {
      text: groups['text'] ?? '',
      set: Object.fromEntries(sets.map(([, name = '', value = '']) => [name, value])),
    };
  });
}

/** As `hpl check` would, with one plugin file that exists. */
function check({ text, set }: Example): readonly Diagnostic[] {
  const missing = usesOf({ file: 'example.hpl', text }).filter(({ path }) => path !== './plugins/mine.ts');
  const failures = missing.map((use) => diagnosePluginLoad(use, 'There is no such file.'));
  return [...failures, ...diagnosticsOf(text, set)];
}

const shown = (diagnostics: readonly Diagnostic[]): string =>
  renderDiagnostics(diagnostics, { color: false });

test('every diagnostic has a page, and every page a diagnostic', () => {
  expect(pages).toEqual(allCodes);
});

test('the list of pages names every page once', () => {
  const list = readFileSync(`${folder}/README.md`, 'utf8');
  expect([...list.matchAll(/^- \[(.+)\]\(\1\.md\)$/gm)].map(([, code]) => code)).toEqual(allCodes);
});

test('every diagnostic is expected by a row of one-mistake.test.ts or by a page alone that needs a loader', () => {
  const rows = readFileSync('test/language/one-mistake.test.ts', 'utf8');
  expect(codes.filter((code) => !rows.includes(`'${code}'`))).toEqual(['plugin-load-failed']);
});

test.each(codes)('the incorrect example of %s gives that diagnostic and nothing else', (code) => {
  const examples = examplesOf(code, 'Incorrect');
  expect(examples).not.toEqual([]);
  for (const example of examples) {
    const found = check(example);
    expect([...new Set(found.map((diagnostic) => diagnostic.code))], shown(found)).toEqual([code]);
  }
});

test.each(codes)('the correct example of %s gives no diagnostic', (code) => {
  const examples = examplesOf(code, 'Correct');
  expect(examples).not.toEqual([]);
  for (const example of examples) expect(shown(check(example))).toBe('');
});

test('every message is made of whole sentences', () => {
  for (const code of codes) {
    for (const { message } of examplesOf(code, 'Incorrect').flatMap(check)) {
      expect(message).toMatch(/^["A-Z-].*\.$/s);
    }
  }
});

/** What planning finds in a file beside the shipped pipelines, on a backend that is always ready. */
async function planCodes({ text }: Example): Promise<readonly string[]> {
  const compiled = await compilePipeline({ file: 'pipelines/example.hpl', text }, { backends: ['cpu'] });
  if (!compiled.ok) throw new Error(shown(compiled.error));
  const planned = await planPipeline(compiled.value);
  const forecast = planned.ok ? await forecastRun(planned.value) : planned;
  if (forecast.ok) return [];
  if (forecast.error.kind !== 'diagnostics') throw new Error('the backend is not ready');
  return forecast.error.diagnostics.map(({ code }) => code);
}

test.each(Object.keys(planDiagnostics))(
  'the incorrect example of %s gives that diagnostic when it is planned, and the correct one none',
  async (code) => {
    const [wrong, right] = [...examplesOf(code, 'Incorrect'), ...examplesOf(code, 'Correct')];
    if (wrong === undefined || right === undefined) throw new Error('an example is missing');
    expect(await planCodes(wrong)).toEqual([code]);
    expect(await planCodes(right)).toEqual([]);
  },
);
