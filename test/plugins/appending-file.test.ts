import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AppendingFile } from '../../src/plugins/appending-file.js';

let folder: string;
let file: AppendingFile;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hpl-appending-'));
  file = new AppendingFile(join(folder, 'file'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

test('what was appended is read from any place, and appending goes on behind it', () => {
  file.append(Int32Array.of(10, 20, 30));
  expect(readFrom(4, 2)).toEqual([20, 30]);
  file.append(Int32Array.of(40));
  expect(readFrom(8, 2)).toEqual([30, 40]);
  file.close();
  expect([...new Int32Array(new Uint8Array(readFileSync(join(folder, 'file'))).buffer)]).toEqual([
    10, 20, 30, 40,
  ]);
});

test('pieces larger than what is written at once stay in their order', () => {
  file.append(Uint8Array.of(1));
  file.append(new Uint8Array(2 ** 20 + 1).fill(2));
  file.append(Uint8Array.of(3));
  file.close();
  const bytes = readFileSync(join(folder, 'file'));
  expect([bytes.length, bytes[0], bytes[1], bytes.at(-2), bytes.at(-1)]).toEqual([2 ** 20 + 3, 1, 2, 2, 3]);
});

test('reading behind the end is a mistake of the program', () => {
  file.append(Int32Array.of(10));
  expect(() => readFrom(0, 2)).toThrow('more was asked of a file than was appended to it');
  file.close();
});

function readFrom(position: number, count: number): readonly number[] {
  const numbers = new Int32Array(count);
  file.read(numbers, position);
  return [...numbers];
}
