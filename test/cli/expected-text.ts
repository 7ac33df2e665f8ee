import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'vitest';

/** Compares a whole text with the file of that name; a missing file fails. `UPDATE_EXPECTED=1` writes it. */
export function expectText(name: string, text: string): void {
  const file = new URL(`expected/${name}`, import.meta.url);
  if (process.env['UPDATE_EXPECTED'] === '1') writeFileSync(file, text);
  expect(text).toBe(readFileSync(file, 'utf8'));
}
