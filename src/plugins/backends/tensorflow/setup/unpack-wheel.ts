import { createWriteStream } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { openPromise } from 'yauzl';
import { reasonOf } from '../../../../base/reason.js';
import { isDiskFull } from '../../../../base/system-error.js';
import { MissingPiece } from '../../../packages/missing-piece.js';

/** Headers of TensorFlow's C interface: five folders of the ten thousand files in the wheel. */
const headers = new RegExp(
  `^tensorflow/include/(?:${[
    'tensorflow/c',
    'tensorflow/core/common_runtime/next_pluggable_device/c',
    'tensorflow/core/platform',
    'tsl/platform',
    'xla/tsl/c',
  ].join('|')})/.*\\.h$`,
);
const libraries = /^tensorflow\/libtensorflow_(?:cc|framework)\.so\.\d+$/;
/** Of NVIDIA's wheels everything but headers and static libraries. */
const cuda = /^nvidia\/(?!.*(?:\/include\/|\.a$|\.h$|\.py$))/;

/**
 * Unpacks what the binding needs from a wheel, which is a zip archive, in the wheel's own layout: the libraries find
 * one another by their relative places. Throws `MissingPiece` when the file is no wheel or broken.
 */
export async function unpackWheel(path: string, folder: string): Promise<void> {
  try {
    const archive = await openPromise(path);
    for await (const entry of archive.eachEntry()) {
      const name = entry.fileName;
      if (!headers.test(name) && !libraries.test(name) && !cuda.test(name)) continue;
      if (name.endsWith('/')) continue;
      const target = join(folder, name);
      await mkdir(dirname(target), { recursive: true });
      await pipeline(await archive.openReadStreamPromise(entry), createWriteStream(target));
      if (isProgram(entry.externalFileAttributes)) await chmod(target, 0o755);
    }
  } catch (cause) {
    if (isDiskFull(cause)) throw cause;
    throw new MissingPiece(
      `${basename(path)} could not be unpacked: ${reasonOf(cause)}.`,
      `Delete ${path} and run "npx hpl setup" again.`,
      { cause },
    );
  }
}

/** Unix permissions stand in the upper half; the bits mean "executable". */
function isProgram(attributes: number): boolean {
  return ((attributes >>> 16) & 0o111) !== 0;
}
