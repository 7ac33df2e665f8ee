import { constants } from 'node:fs';
import { access, mkdir } from 'node:fs/promises';
import { MissingPiece } from './missing-piece.js';

/** Makes a folder in hpl's cache, if it is not there. Throws `MissingPiece` when it cannot be written. */
export async function makeWritable(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
  } catch (cause) {
    throw new MissingPiece(
      `The cache folder ${folder} cannot be written.`,
      'Set HPL_CACHE to a folder that belongs to you.',
      { cause },
    );
  }
}
