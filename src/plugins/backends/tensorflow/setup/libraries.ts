import { mkdir, readdir, stat, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Variant } from '../location.js';
import { names } from '../installation.js';
import { downloadWheel } from '../../../packages/download-wheel.js';
import { requirement, tensorflowWheels } from './tensorflow-wheels.js';
import { MissingPiece } from '../../../packages/missing-piece.js';
import type { SetupPlace } from './setup-place.js';
import { unpackWheel } from './unpack-wheel.js';

/** TensorFlow's libraries, ready to be linked with. All paths lie in the installation's folder. */
export interface Libraries {
  readonly folder: string;
  /** The library with the C interface first, then the one that it needs. */
  readonly files: readonly string[];
  readonly headers: string;
  /** For the record: what they were taken from. */
  readonly origin: string;
}

/** Names of the C interface's library: in a wheel, and in a distribution of libtensorflow. */
const mainLibrary = /^libtensorflow(?:_cc)?\.so\.\d+$/;
const frameworkLibrary = /^libtensorflow_framework\.so\.\d+$/;

/** Fetches TensorFlow from the package index. What is there already is not fetched again. */
export async function librariesFromIndex(variant: Variant, place: SetupPlace): Promise<Libraries> {
  place.report({ type: 'step', message: `Asking pip for ${requirement(variant)}.` });
  const wheels = await tensorflowWheels(variant, {
    python: place.tools.python3,
    folder: place.downloads,
    environment: place.environment,
  });
  for (const wheel of wheels) {
    place.report({ type: 'step', message: `Downloading ${wheel.file}.` });
    await downloadWheel(wheel, join(place.downloads, wheel.file), {
      onBytes: (bytes, of) => {
        place.report({ type: 'progress', file: wheel.file, bytes, ...(of !== undefined && { of }) });
      },
      again: 'Run "npx hpl setup" again',
      behindProxy:
        'Behind a proxy: fetch the wheel with "pip download --no-deps -d DIR" and run "npx hpl setup --from DIR".',
    });
  }
  for (const wheel of wheels) await unpack(join(place.downloads, wheel.file), wheel.file, place);
  return locateLibraries(place.staging, requirement(variant));
}

/**
 * Takes TensorFlow from a folder (or a wheel in it): wheels are unpacked; an environment of Python (`…/site-packages`)
 * or an unpacked libtensorflow is linked to, so it must stay where it is.
 */
export async function librariesFromFolder(from: string, place: SetupPlace): Promise<Libraries> {
  const folder = resolve(from);
  const entries = folder.endsWith('.whl') ? [folder] : await list(folder);
  const wheels = entries.filter((entry) => /(?:^|\/)(?:tensorflow|nvidia)[^/]*\.whl$/.test(entry));
  if (wheels.some((wheel) => /(?:^|\/)tensorflow[^/]*$/.test(wheel))) {
    for (const wheel of wheels) await unpack(resolve(folder, wheel), wheel, place);
    return locateLibraries(place.staging, folder);
  }
  await linkTo(folder, place);
  return locateLibraries(place.staging, folder);
}

async function unpack(path: string, file: string, place: SetupPlace): Promise<void> {
  place.report({ type: 'step', message: `Unpacking ${file}.` });
  await unpackWheel(path, join(place.staging, names.libraries));
}

async function list(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (cause) {
    throw new MissingPiece(`The folder ${folder} cannot be read.`, 'Give an existing folder to --from.', {
      cause,
    });
  }
}

/** Makes the layout of a wheel out of links. */
async function linkTo(folder: string, place: SetupPlace): Promise<void> {
  const target = join(place.staging, names.libraries);
  if (await isFolder(join(folder, 'tensorflow', 'include'))) {
    await symlink(folder, target);
    return;
  }
  if ((await isFolder(join(folder, 'lib'))) && (await isFolder(join(folder, 'include')))) {
    await mkdir(join(target, 'tensorflow'), { recursive: true });
    for (const file of await readdir(join(folder, 'lib')))
      await symlink(join(folder, 'lib', file), join(target, 'tensorflow', file));
    await symlink(join(folder, 'include'), join(target, 'tensorflow', 'include'));
    return;
  }
  throw new MissingPiece(
    `${folder} holds no TensorFlow that hpl knows: neither a wheel (tensorflow*.whl), nor tensorflow/include ` +
      '(a site-packages folder), nor lib and include (an unpacked libtensorflow).',
    'Give a folder with one of them to --from, or leave --from out.',
  );
}

/** Finds TensorFlow's libraries in the folder of an installation. Throws `MissingPiece` that names what `origin` lacks. */
export async function locateLibraries(installation: string, origin: string): Promise<Libraries> {
  const folder = join(installation, names.libraries, 'tensorflow');
  const found = await readdir(folder).catch((): string[] => []);
  const files = [mainLibrary, frameworkLibrary].flatMap((name) =>
    found.filter((file) => name.test(file)).slice(0, 1),
  );
  const headers = join(folder, 'include');
  if (files.length === 2 && (await isFolder(join(headers, 'tensorflow', 'c'))))
    return { folder, files, headers, origin };
  throw new MissingPiece(
    `${origin} lacks ${files.length === 2 ? 'the headers tensorflow/include/tensorflow/c' : 'libtensorflow_cc.so.2 or libtensorflow_framework.so.2'}.`,
    'Use TensorFlow 2.9 or later for Linux on x86-64.',
  );
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
