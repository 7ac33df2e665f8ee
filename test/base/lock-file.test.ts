import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { takeLockFile } from '../../src/base/lock-file.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hpl-lock-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

const lock = (): string => join(folder, 'lock');
const isAlive = (note: string): boolean => note.startsWith('alive');

test('a lock that is free is taken, and nothing else is left behind', async () => {
  expect(await takeLockFile(lock(), 'alive 1', isAlive)).toBeUndefined();
  expect(readFileSync(lock(), 'utf8')).toBe('alive 1');
  expect(readdirSync(folder)).toEqual(['lock']);
});

test('the lock of a living owner stays, and its note is given back', async () => {
  writeFileSync(lock(), 'alive 1');
  expect(await takeLockFile(lock(), 'alive 2', isAlive)).toBe('alive 1');
  expect(readFileSync(lock(), 'utf8')).toBe('alive 1');
  expect(readdirSync(folder)).toEqual(['lock']);
});

test('of many that take over one dead lock at once, one gets it and the others are told its note', async () => {
  for (let round = 0; round < 20; round += 1) {
    writeFileSync(lock(), 'dead');
    const notes = Array.from({ length: 8 }, (_, index) => `alive ${index}`);
    const found = await Promise.all(notes.map((note) => takeLockFile(lock(), note, isAlive)));
    const winner = notes[found.indexOf(undefined)];
    expect(readFileSync(lock(), 'utf8')).toBe(winner);
    expect(found.filter((note) => note !== winner)).toEqual([undefined]);
    expect(readdirSync(folder)).toEqual(['lock']);
  }
});

test('a dead lock that another takes over in the moment after the look stays that one’s', async () => {
  writeFileSync(lock(), 'dead');
  const found = await takeLockFile(lock(), 'alive 2', (note) => {
    if (note === 'dead') writeFileSync(lock(), 'alive 1');
    return isAlive(note);
  });
  expect(found).toBe('alive 1');
  expect(readFileSync(lock(), 'utf8')).toBe('alive 1');
});

test('who died while it took a lock over is in nobody’s way', async () => {
  writeFileSync(lock(), 'dead');
  writeFileSync(join(folder, 'lock.takeover'), 'dead too');
  expect(await takeLockFile(lock(), 'alive 1', isAlive)).toBeUndefined();
  expect(readdirSync(folder)).toEqual(['lock']);
});

test('a lock that is released between two looks is taken', async () => {
  writeFileSync(lock(), 'dead');
  const found = await takeLockFile(lock(), 'alive 1', (note) => {
    rmSync(lock());
    return isAlive(note);
  });
  expect(found).toBeUndefined();
  expect(readFileSync(lock(), 'utf8')).toBe('alive 1');
});
