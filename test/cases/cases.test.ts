import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { renderDiagnostics } from '../../src/base/render-diagnostics.js';
import { compile } from '../../src/language/compile.js';
import { print } from '../../src/language/print.js';
import { signatures } from '../language/expect.js';

/*
 * Each folder holds inputs `name.hpl` and the whole expected text beside them. A new case needs no code: add the input,
 * run with WRITE_EXPECTED=1, and read what was written. Without that a missing text fails.
 */
const isWriting = process.env['WRITE_EXPECTED'] === '1';

function inputsOf(folder: string): readonly string[] {
  return readdirSync(`test/cases/${folder}`)
    .filter((name) => name.endsWith('.hpl') && !name.includes('.expected.'))
    .map((name) => name.replace(/\.hpl$/, ''));
}

function expectText(path: string, actual: string): void {
  if (isWriting) writeFileSync(path, actual);
  expect(existsSync(path), `${path} is missing`).toBe(true);
  expect(actual).toBe(readFileSync(path, 'utf8'));
}

const read = (folder: string, name: string): { file: string; text: string } => ({
  file: `${name}.hpl`,
  text: readFileSync(`test/cases/${folder}/${name}.hpl`, 'utf8'),
});

test.each(inputsOf('errors'))('the diagnostics of errors/%s.hpl are as written beside it', (name) => {
  const result = compile(read('errors', name), signatures);
  const found = result.ok ? [] : result.error;
  expectText(`test/cases/errors/${name}.expected.txt`, `${renderDiagnostics(found, { color: false })}\n`);
});

test.each(inputsOf('format'))('the layout of format/%s.hpl is as written beside it', (name) => {
  const printed = print(read('format', name));
  if (!printed.ok) throw new Error(renderDiagnostics(printed.error, { color: false }));
  expectText(`test/cases/format/${name}.expected.hpl`, printed.value);
});

test.each(inputsOf('compiles'))('the pipeline of compiles/%s.hpl is as written beside it', (name) => {
  const result = compile(read('compiles', name), signatures);
  if (!result.ok) throw new Error(renderDiagnostics(result.error, { color: false }));
  const isPlace = (key: string, value: unknown) => key === 'span' || value instanceof Map;
  const json = JSON.stringify(
    result.value,
    (key, value: unknown) => (isPlace(key, value) ? undefined : value),
    2,
  );
  expectText(`test/cases/compiles/${name}.expected.json`, `${json}\n`);
});

test('no expected text is left over', () => {
  for (const folder of ['errors', 'format', 'compiles']) {
    const inputs = new Set(inputsOf(folder));
    const expected = readdirSync(`test/cases/${folder}`).filter((name) => name.includes('.expected.'));
    expect(
      expected.map((name) => name.split('.expected.')[0]).filter((name) => !inputs.has(name ?? '')),
    ).toEqual([]);
  }
});
