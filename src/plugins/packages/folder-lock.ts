import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { takeLockFile } from '../../base/lock-file.js';
import { codeOf } from '../../base/system-error.js';
import type { FetchProgress } from './fetch-progress.js';
import { MissingPiece } from './missing-piece.js';

/** Whose lock it is. */
export interface LockOwner {
  /** What works in the folder, as the message names it: `hpl setup`. */
  readonly name: string;
  readonly pid: number;
}

/** A folder that no other process works in. */
export interface FolderLock {
  readonly release: () => Promise<void>;
}

/** Milliseconds between two looks whether a lock is free. */
const interval = 200;

/** Runs `work` while no other process works in the same folder. Throws `MissingPiece` when one does. */
export async function withFolderLock<Value>(
  folder: string,
  owner: LockOwner,
  work: () => Promise<Value>,
): Promise<Value> {
  const path = join(folder, 'lock');
  const other = await takeOrFind(path, owner.pid);
  if (other !== undefined)
    throw new MissingPiece(
      `Another "${owner.name}" (process ${other}) works in this cache.`,
      `Wait for it to end. If it is none, delete ${path}.`,
    );
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

/** Waits until no other process works in the folder, and says so once. Rejects with the signal's reason. */
export async function* takeFolderLock(
  folder: string,
  { name, pid }: LockOwner,
  signal?: AbortSignal,
): AsyncGenerator<FetchProgress, FolderLock, undefined> {
  const path = join(folder, 'lock');
  for (let isTold = false; ; isTold = true) {
    const other = await takeOrFind(path, pid);
    if (other === undefined) return { release: () => rm(path, { force: true }) };
    if (!isTold)
      yield {
        type: 'step',
        message: `Waiting for another "${name}" (process ${other}) that works in this cache. If it is none, delete ${path}.`,
      };
    await setTimeout(interval, undefined, signal && { signal }).catch(() => undefined);
    signal?.throwIfAborted();
  }
}

/** Takes a lock that is free or whose owner was killed: what that has downloaded is still good. Otherwise the owner. */
async function takeOrFind(path: string, pid: number): Promise<number | undefined> {
  const owner = await takeLockFile(path, String(pid), (note) => isAlive(Number(note)));
  return owner === undefined ? undefined : Number(owner);
}

function isAlive(pid: number): boolean {
  if (!(pid > 0)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    // Another user's process may not be asked, but it is there.
    return codeOf(cause) === 'EPERM';
  }
}
