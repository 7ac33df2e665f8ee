import { readFileSync, rmSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isJsonObject } from '../../base/json.js';
import { takeLockFile } from '../../base/lock-file.js';
import { shellWord } from '../../base/shell-word.js';
import type { StoreLayout } from './layout.js';
import { StoreFailure, withFileErrors } from './store-failure.js';

/** One process of one machine; the start time tells it from a later process with the same number. */
export type ProcessIdentity = {
  readonly pid: number;
  readonly start: string;
  readonly host: string;
};

/** What the store has to know about processes; the command line provides it. */
export interface ProcessTable {
  readonly self: ProcessIdentity;
  /** Whether the process still lives. One of another machine counts as alive, since nobody can tell. */
  isAlive(process: ProcessIdentity): boolean;
  /** Ends a process of this machine and everything that it started, at once. */
  kill(process: ProcessIdentity): void;
}

/** The right to run in a store. */
export interface StoreLock {
  /** At once, so that a program may end right after. Does nothing the second time. */
  release(): void;
}

type LockNote = ProcessIdentity & { readonly run: string };

/**
 * Takes the lock of a store, so that only one run at a time works in it. A lock whose process is dead is taken over,
 * its workers are ended and its unfinished work is thrown away; a live one is a StoreFailure that names it.
 */
export async function lockStore(
  layout: StoreLayout,
  run: string,
  processes: ProcessTable,
): Promise<StoreLock> {
  await withFileErrors('opening the store', layout.root, async () => {
    await mkdir(layout.root, { recursive: true });
    await takeLock(layout, { ...processes.self, run }, processes);
    await endOrphans(layout, processes);
    await rm(layout.temporary, { recursive: true, force: true });
    await mkdir(layout.temporary, { recursive: true });
  });
  return {
    release: () => {
      const note = readNote(layout.lock);
      if (note?.pid === processes.self.pid && note.run === run) rmSync(layout.lock, { force: true });
    },
  };
}

async function takeLock(layout: StoreLayout, note: LockNote, processes: ProcessTable): Promise<void> {
  const owner = await takeLockFile(layout.lock, JSON.stringify(note), (text) => {
    const other = noteOf(text);
    return other !== undefined && processes.isAlive(other);
  });
  const other = owner === undefined ? undefined : noteOf(owner);
  if (other !== undefined) throw lockedBy(other, layout);
}

function lockedBy(owner: LockNote, layout: StoreLayout): StoreFailure {
  const watch = `hpl logs ${owner.run} --follow --store ${shellWord(layout.root)}`;
  return new StoreFailure(
    `Another run works in the store ${layout.root}: run ${owner.run}, process ${owner.pid} on ${owner.host}.`,
    layout.root,
    `Wait for it ("${watch}" shows it), interrupt it with "kill -INT ${owner.pid}", or name another place with --store.`,
  );
}

function readNote(path: string): LockNote | undefined {
  try {
    return noteOf(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Nothing where the text is damaged. */
function noteOf(text: string): LockNote | undefined {
  try {
    const note: unknown = JSON.parse(text);
    return isJsonObject(note) && typeof note['pid'] === 'number' ? (note as LockNote) : undefined;
  } catch {
    return undefined;
  }
}

/** Notes that a worker works in the store; a later run ends it should its coordinator be dead. */
export async function noteWorker(layout: StoreLayout, worker: ProcessIdentity): Promise<() => Promise<void>> {
  const path = join(layout.workers, `${worker.pid}.json`);
  await mkdir(layout.workers, { recursive: true });
  await writeFile(path, JSON.stringify(worker));
  return () => rm(path, { force: true });
}

async function endOrphans(layout: StoreLayout, processes: ProcessTable): Promise<void> {
  for (const name of await readdir(layout.workers).catch(() => [])) {
    const path = join(layout.workers, name);
    const worker = readNote(path);
    if (worker !== undefined && worker.host === processes.self.host) await endProcess(worker, processes);
    await rm(path, { force: true });
  }
}

async function endProcess(worker: ProcessIdentity, processes: ProcessTable): Promise<void> {
  while (processes.isAlive(worker)) {
    processes.kill(worker);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
