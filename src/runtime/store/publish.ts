import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hashFile } from '../../base/hash.js';
import { codeOf } from '../../base/system-error.js';
import { type ArtifactFile, type ArtifactRecord, recordName } from './artifact-record.js';
import { listFiles, publishFolder } from './durable.js';
import type { StoreLayout } from './layout.js';

/** Everything of an artifact's record that is not read from the files themselves. */
export type ArtifactNote = Omit<ArtifactRecord, 'files'>;

/**
 * Turns a draft folder into an artifact: hashes its files, writes the record, and renames the whole into place. Until
 * the last moment nobody sees it; a damaged artifact of the same fingerprint is replaced.
 */
export async function publishArtifact(
  layout: StoreLayout,
  draft: string,
  note: ArtifactNote,
): Promise<ArtifactRecord> {
  const record: ArtifactRecord = { ...note, files: await describeFiles(draft) };
  await writeFile(join(draft, recordName), `${JSON.stringify(record, null, 2)}\n`);
  await mkdir(layout.artifacts, { recursive: true });
  const place = join(layout.artifacts, note.fingerprint);
  const discarded = `${draft}.replaced`;
  await rename(place, discarded).catch(ignoreMissing);
  await publishFolder(draft, place);
  await rm(discarded, { recursive: true, force: true });
  return record;
}

async function describeFiles(folder: string): Promise<readonly ArtifactFile[]> {
  const files: ArtifactFile[] = [];
  for (const path of await listFiles(folder)) {
    const absolute = join(folder, path);
    files.push({ path, bytes: (await stat(absolute)).size, sha256: await hashFile(absolute) });
  }
  return files;
}

function ignoreMissing(error: unknown): void {
  if (codeOf(error) !== 'ENOENT') throw error;
}
