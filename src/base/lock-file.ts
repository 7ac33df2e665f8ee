import { constants, copyFile, link, readFile, rm, writeFile } from 'node:fs/promises';
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';
import { codeOf } from './system-error.js';

/** Tells by the note in a lock whether its owner still lives. */
export type IsAlive = (note: string) => boolean;

/** Milliseconds between two looks at a lock that another process takes over, or is about to write. */
const interval = 50;

let drafts = 0;

/**
 * Takes a lock: a file with its owner's note, which the owner removes in the end. A lock whose owner is dead is taken
 * over; the note of a living one is given back, and nothing is taken. Of all that try at once, one gets the lock.
 */
export async function takeLockFile(
  path: string,
  note: string,
  isAlive: IsAlive,
): Promise<string | undefined> {
  drafts += 1;
  const draft = `${path}.${process.pid}-${drafts}`;
  await writeFile(draft, note);
  try {
    return await claim(path, draft, isAlive);
  } finally {
    await rm(draft, { force: true });
  }
}

async function claim(path: string, draft: string, isAlive: IsAlive): Promise<string | undefined> {
  while (!(await linkOnce(draft, path))) {
    const owner = await noteIn(path);
    if (owner === undefined) continue;
    if (isAlive(owner)) return owner;
    await removeDead(path, draft, isAlive);
  }
  return undefined;
}

/**
 * Between a look at a dead lock and its removal another process may have taken it over. So only who holds a second lock
 * removes the first one, after another look.
 */
async function removeDead(path: string, draft: string, isAlive: IsAlive): Promise<void> {
  const right = `${path}.takeover`;
  if ((await claim(right, draft, isAlive)) !== undefined) {
    await setTimeout(interval);
    return;
  }
  try {
    const owner = await noteIn(path);
    if (owner !== undefined && !isAlive(owner)) await rm(path, { force: true });
  } finally {
    await rm(right, { force: true });
  }
}

/** What systems of files without links say, such as those of memory cards. */
const withoutLinks: readonly (string | undefined)[] = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'];

/** A link comes into being with its content, and fails where the name is taken; a copy has its content a moment later. */
async function linkOnce(from: string, to: string): Promise<boolean> {
  return isNew(async () => {
    try {
      await link(from, to);
    } catch (error) {
      if (!withoutLinks.includes(codeOf(error))) throw error;
      await copyFile(from, to, constants.COPYFILE_EXCL);
    }
  });
}

async function isNew(make: () => Promise<void>): Promise<boolean> {
  try {
    await make();
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Nothing where the lock was released meanwhile. */
async function noteIn(path: string): Promise<string | undefined> {
  try {
    const note = await readFile(path, 'utf8');
    if (note !== '') return note;
    await setTimeout(interval);
    return await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
