import { copyFile, mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hashFile } from '../../base/hash.js';
import type { ArtifactFile, ArtifactRecord } from './artifact-record.js';
import { withFileErrors } from './store-failure.js';

/**
 * Copies an artifact's files to a folder of the user, each only where it is missing or different, and each whole or
 * not at all. Other files there stay. Throws StoreFailure where the folder cannot be written.
 */
export async function copyArtifact(artifact: string, record: ArtifactRecord, to: string): Promise<void> {
  await withFileErrors('copying the result', to, async () => {
    for (const file of record.files) {
      const target = join(to, file.path);
      if (!(await isSame(target, file))) await copyWhole(join(artifact, file.path), target);
    }
  });
}

async function isSame(target: string, file: ArtifactFile): Promise<boolean> {
  const size = await stat(target)
    .then((found) => found.size)
    .catch(() => undefined);
  return size === file.bytes && (await hashFile(target)) === file.sha256;
}

async function copyWhole(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  const draft = `${to}.draft`;
  try {
    await copyFile(from, draft);
    await rename(draft, to);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}
