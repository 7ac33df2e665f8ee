import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from '../../../base/hash.js';
import { isJsonObject } from '../../../base/json.js';
import { packageFolder } from '../../../base/package-folder.js';
import { processorIdentity } from './processor.js';

/**
 * How fused operations are compiled. Loops become vectors, also sums, whose order then differs; a NaN stays a NaN and
 * an infinity an infinity, which `-ffast-math` would not promise.
 */
export const fusedFlags: readonly string[] = [
  ...['-O3', '-march=native', '-mprefer-vector-width=512'],
  ...[
    '-fno-math-errno',
    '-fno-trapping-math',
    '-fno-signed-zeros',
    '-fassociative-math',
    '-ffp-contract=fast',
  ],
  // TensorFlow and waiting threads hold on to the code, also when a thread of Node that loaded it ends.
  ...['-fPIC', '-shared', '-Wl,-z,nodelete', '-std=c++17', '-DNAPI_VERSION=8'],
];

/** What fused operations are compiled from, and for what. */
export interface FusedTarget {
  /** The folder with the C++ files. */
  readonly sources: string;
  /** Tells processors with other instructions apart. */
  readonly processor: string;
}

/** Why fused operations are not there, and what to do. Both are sentences. */
export interface FusedLack {
  readonly reason: string;
  readonly remedy: string;
}

/** The library with fused operations that fits, or why there is none. */
export type FusedLibrary =
  { readonly ready: true; readonly path: string } | { readonly ready: false; readonly lack: FusedLack };

/** The sources of this hpl, and the processor that it runs on. */
export function ownTarget(): FusedTarget {
  return { sources: join(packageFolder(), 'native'), processor: processorIdentity() };
}

/** The C++ files of a folder, without their folder, in a stable order. */
export async function fusedSources(folder: string): Promise<readonly string[]> {
  return (await readdir(folder)).filter((file) => /\.(?:cc|h)$/.test(file)).sort();
}

/** What the names of all libraries for a processor begin with. */
export function fusedPrefix({ processor }: FusedTarget): string {
  return `fused-${sha256(processor).slice(0, 8)}-`;
}

/**
 * The name, without its ending, of the library that fits: with other sources, other flags or on another processor it is
 * another, so a cache that several versions of hpl or several machines share never gives one that does not fit.
 */
export async function fusedName(target: FusedTarget): Promise<string> {
  const files = await fusedSources(target.sources);
  const contents = await Promise.all(
    files.map(async (file) => `${file} ${sha256(await readFile(join(target.sources, file)))}`),
  );
  return fusedPrefix(target) + sha256([...fusedFlags, ...contents].join('\n')).slice(0, 12);
}

/** Where the library of this name lies in an installation. */
export function fusedPath(folder: string, name: string): string {
  return join(folder, 'lib', `${name}.node`);
}

/** Where setup writes why it could not make the library of this name. */
export function fusedLackPath(folder: string, name: string): string {
  return join(folder, 'lib', `${name}.json`);
}

/** Looks for the library that fits in an installation's folder. */
export async function findFused(folder: string, target: FusedTarget): Promise<FusedLibrary> {
  const name = await fusedName(target);
  const path = fusedPath(folder, name);
  if (await exists(path)) return { ready: true, path };
  return { ready: false, lack: (await readLack(fusedLackPath(folder, name))) ?? notCompiled };
}

/** What is missing, why, what follows from it, and the remedy. */
export function describeLack({ reason, remedy }: FusedLack): string {
  return (
    `Fused operations are not there. ${reason}\n` +
    `Training is slower without them; nothing else changes. ${remedy}`
  );
}

const notCompiled: FusedLack = {
  reason: 'They were not compiled for this processor and this version of hpl.',
  remedy: 'Run "npx hpl setup".',
};

async function readLack(path: string): Promise<FusedLack | undefined> {
  try {
    const lack: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (!isJsonObject(lack)) return undefined;
    const { reason, remedy } = lack;
    return typeof reason === 'string' && typeof remedy === 'string' ? { reason, remedy } : undefined;
  } catch {
    return undefined;
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
