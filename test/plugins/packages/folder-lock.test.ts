import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { withFolderLock } from '../../../src/plugins/packages/folder-lock.js';
import { temporaryFolder } from './temporary-folder.js';

const owner = { name: 'hpl setup', pid: process.pid };
const dead = '4194305'; // Above the largest process id of Linux.

async function lockedBy(text: string): Promise<string> {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'lock'), text);
  return folder;
}

test.each([
  ['a process that is gone', dead],
  ['nobody', ''],
])('a lock of %s is taken over, and released in the end', async (_, text) => {
  const folder = await lockedBy(text);
  expect(await withFolderLock(folder, owner, () => readdir(folder))).toEqual(['lock']);
  expect(await readdir(folder)).toEqual([]);
});

test("another user's process counts as alive", async () => {
  const folder = await lockedBy('1');
  const kill = vi.spyOn(process, 'kill').mockImplementation(() => {
    throw Object.assign(new Error('kill EPERM'), { code: 'EPERM' });
  });
  onTestFinished(() => {
    kill.mockRestore();
  });
  await expect(withFolderLock(folder, owner, () => Promise.resolve())).rejects.toMatchObject({
    message: 'Another "hpl setup" (process 1) works in this cache.',
    remedy: `Wait for it to end. If it is none, delete ${join(folder, 'lock')}.`,
  });
});
