import { statfs } from 'node:fs/promises';
import { formatBytes } from '../../base/format-quantity.js';
import { MissingPiece } from './missing-piece.js';

/** What is to be done, and the bytes that it takes at the worst moment. */
export interface SpaceNeed {
  /** `setting up TensorFlow` */
  readonly work: string;
  readonly bytes: number;
}

/** Throws `MissingPiece` when the disk of `folder` has not room enough. */
export async function requireSpace(folder: string, need: SpaceNeed, free = freeBytes): Promise<void> {
  const bytes = await free(folder);
  if (bytes >= need.bytes) return;
  throw new MissingPiece(
    `${folder} has ${formatBytes(bytes)} free; ${need.work} needs ${formatBytes(need.bytes)}.`,
    'Free some space, or set HPL_CACHE to a folder on a larger disk.',
  );
}

async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/** What to say of a full disk; `again` is the sentence that asks to try once more. */
export function diskFull(folder: string, again: string, cause: unknown): MissingPiece {
  return new MissingPiece(
    `The disk of ${folder} is full.`,
    `Free some space, or set HPL_CACHE to a folder on a larger disk. ${again}`,
    { cause },
  );
}
