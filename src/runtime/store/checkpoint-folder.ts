import { mkdirSync, readdirSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Checkpoint, Checkpoints } from '../contract/stage.js';
import { publishFolder } from './durable.js';
import type { StoreLayout } from './layout.js';
import { withFileErrors } from './store-failure.js';

/** A saved state: its step, and how many times that step was saved before. */
interface Saved extends Checkpoint {
  readonly edition: number;
}

/** The checkpoints of one stage in work. */
export function openCheckpoints(
  layout: StoreLayout,
  fingerprint: string,
  intervalSeconds: number,
): Checkpoints {
  const folder = join(layout.checkpoints, fingerprint);
  return {
    intervalSeconds,
    latest: () => latestCheckpoint(layout, fingerprint),
    save: (step, write) =>
      withFileErrors('saving a checkpoint', folder, async () => {
        await saveCheckpoint(folder, step, write);
      }),
  };
}

/** The newest whole checkpoint of a stage; folders that were being written when a process died are passed over. */
export function latestCheckpoint(layout: StoreLayout, fingerprint: string): Checkpoint | undefined {
  const newest = listSaved(join(layout.checkpoints, fingerprint)).at(-1);
  return newest === undefined ? undefined : { step: newest.step, folder: newest.folder };
}

/** Forgets all checkpoints of a stage, once its artifact is published. */
export async function forgetCheckpoints(layout: StoreLayout, fingerprint: string): Promise<void> {
  await rm(join(layout.checkpoints, fingerprint), { recursive: true, force: true });
}

async function saveCheckpoint(
  folder: string,
  step: number,
  write: (folder: string) => Promise<void>,
): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const older = listSaved(folder);
  const edition = (older.findLast((saved) => saved.step === step)?.edition ?? -1) + 1;
  const draft = join(folder, 'draft');
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft);
  try {
    await write(draft);
    await publishFolder(draft, join(folder, `${step}.${edition}`));
  } catch (error) {
    // A half-written checkpoint may be what fills the disk.
    await rm(draft, { recursive: true, force: true });
    throw error;
  }
  for (const saved of older) await rm(saved.folder, { recursive: true, force: true });
}

function listSaved(folder: string): readonly Saved[] {
  return readNames(folder)
    .flatMap((name) => {
      const [, step, edition] = /^(\d+)\.(\d+)$/.exec(name) ?? [];
      return step === undefined
        ? []
        : [{ step: Number(step), edition: Number(edition), folder: join(folder, name) }];
    })
    .sort((left, right) => left.step - right.step || left.edition - right.edition);
}

function readNames(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
