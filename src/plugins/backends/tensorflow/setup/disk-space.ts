import { statfs } from 'node:fs/promises';
import type { Variant } from '../location.js';
import { SetupFailure } from './setup-failure.js';

const gibibyte = 2 ** 30;

/** Wheels and unpacked libraries together, at the worst moment. */
const needed: Readonly<Record<Variant, number>> = { cpu: 1.3 * gibibyte, cuda: 10 * gibibyte };

/** Throws `SetupFailure` when the disk of `folder` has not room enough. */
export async function requireSpace(folder: string, variant: Variant, free = freeBytes): Promise<void> {
  const bytes = await free(folder);
  if (bytes >= needed[variant]) return;
  throw new SetupFailure(
    `${folder} has ${inGibibytes(bytes)} free; setting up TensorFlow needs ${inGibibytes(needed[variant])}.`,
    'Free some space, or set HPL_CACHE to a folder on a larger disk.',
  );
}

async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/** Whether an error of the file system says that the disk is full. */
export function isDiskFull(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === 'ENOSPC';
}

/** What to say then. */
export function diskFull(folder: string, cause: unknown): SetupFailure {
  return new SetupFailure(
    `The disk of ${folder} is full.`,
    'Free some space, or set HPL_CACHE to a folder on a larger disk, and run "npx hpl setup" again.',
    { cause },
  );
}

function inGibibytes(bytes: number): string {
  return `${(bytes / gibibyte).toFixed(1)} GiB`;
}
