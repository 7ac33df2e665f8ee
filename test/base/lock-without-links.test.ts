import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { takeLockFile } from '../../src/base/lock-file.js';

vi.mock(import('node:fs/promises'), async (original) => ({
  ...(await original()),
  link: () => Promise.reject(Object.assign(new Error('operation not permitted, link'), { code: 'EPERM' })),
}));

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hpl-lock-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

const lock = (): string => join(folder, 'lock');
const isAlive = (note: string): boolean => note.startsWith('alive');

test('where files cannot be linked, one of many gets the lock all the same', async () => {
  writeFileSync(lock(), 'dead');
  const notes = Array.from({ length: 8 }, (_, index) => `alive ${index}`);
  const found = await Promise.all(notes.map((note) => takeLockFile(lock(), note, isAlive)));
  const winner = notes[found.indexOf(undefined)];
  expect(readFileSync(lock(), 'utf8')).toBe(winner);
  expect(found.filter((note) => note !== winner)).toEqual([undefined]);
  expect(readdirSync(folder)).toEqual(['lock']);
});

test('a lock whose owner is about to write its note is respected', async () => {
  writeFileSync(lock(), '');
  const taken = takeLockFile(lock(), 'alive 2', isAlive);
  writeFileSync(lock(), 'alive 1');
  expect(await taken).toBe('alive 1');
});
