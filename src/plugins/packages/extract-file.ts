import { createWriteStream } from 'node:fs';
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { openPromise } from 'yauzl';
import { closestName } from '../../base/closest-name.js';
import { reasonOf } from '../../base/reason.js';
import { isDiskFull } from '../../base/system-error.js';
import { MissingPiece } from './missing-piece.js';

/** How many names a message lists. */
const listed = 5;

/**
 * Writes one file of a wheel, which is a zip archive, to `target`. Throws `MissingPiece` when the archive is broken or
 * has no such file; `again` is the sentence that asks to try once more.
 */
export async function extractFile(wheel: string, file: string, target: string, again: string): Promise<void> {
  const found = await extracted(wheel, file, target).catch((cause: unknown) => {
    if (isDiskFull(cause)) throw cause;
    throw new MissingPiece(`${basename(wheel)} could not be unpacked: ${reasonOf(cause)}.`, again, { cause });
  });
  if (found === true) return;
  throw absent(basename(wheel), file, found);
}

/** True once the file is written; otherwise the files that are there and their bytes. */
async function extracted(
  wheel: string,
  file: string,
  target: string,
): Promise<true | ReadonlyMap<string, number>> {
  const archive = await openPromise(wheel);
  const files = new Map<string, number>();
  for await (const entry of archive.eachEntry()) {
    if (entry.fileName !== file) {
      if (!entry.fileName.endsWith('/')) files.set(entry.fileName, entry.uncompressedSize);
      continue;
    }
    await pipeline(await archive.openReadStreamPromise(entry), createWriteStream(target));
    return true;
  }
  return files;
}

function absent(wheel: string, file: string, files: ReadonlyMap<string, number>): MissingPiece {
  const largest = [...files].sort(([, left], [, right]) => right - left).map(([name]) => `"${name}"`);
  const meant = closestName(file, files.keys());
  const suggestion = meant === undefined ? '' : ` Did you mean "${meant}"?`;
  const more = largest.length > listed ? ', …' : '';
  return new MissingPiece(
    `${wheel} holds no "${file}".${suggestion}`,
    `Its largest files: ${largest.slice(0, listed).join(', ')}${more}. Correct "file".`,
  );
}
