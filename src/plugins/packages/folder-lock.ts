import { open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MissingPiece } from './missing-piece.js';

/** Whose lock it is. */
export interface LockOwner {
  /** What works in the folder, as the message names it: `hpl setup`. */
  readonly name: string;
  readonly pid: number;
}

/** Runs `work` while no other process works in the same folder. Throws `MissingPiece` when one does. */
export async function withFolderLock<Value>(
  folder: string,
  owner: LockOwner,
  work: () => Promise<Value>,
): Promise<Value> {
  const path = join(folder, 'lock');
  await take(path, owner);
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

async function take(path: string, { name, pid }: LockOwner): Promise<void> {
  const owner = await tryToTake(path, pid);
  if (owner === undefined) return;
  if (isAlive(owner))
    throw new MissingPiece(
      `Another "${name}" (process ${owner}) works in this cache.`,
      `Wait for it to end. If it is none, delete ${path}.`,
    );
  // Its owner was killed; what it downloaded is still good.
  await rm(path, { force: true });
  if ((await tryToTake(path, pid)) !== undefined)
    throw new MissingPiece(`Another "${name}" began at the same moment.`, 'Wait for it to end.');
}

/** Returns the present owner, or nothing when the lock was free and is ours. */
async function tryToTake(path: string, pid: number): Promise<number | undefined> {
  try {
    const file = await open(path, 'wx');
    await file.writeFile(String(pid));
    await file.close();
    return undefined;
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST')) throw cause;
    return Number(await readFile(path, 'utf8').catch(() => '0'));
  }
}

function isAlive(pid: number): boolean {
  if (!(pid > 0)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
