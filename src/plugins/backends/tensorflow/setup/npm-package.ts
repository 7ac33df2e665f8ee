import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bindingVersion } from '../versions.js';
import type { Environment } from '../../../packages/cache-folder.js';
import { MissingPiece } from '../../../packages/missing-piece.js';
import { lastLines, runTool } from '../../../packages/tools.js';
import type { Tools } from './setup-tools.js';

/** A package of the npm registry, named to the byte. */
export interface NpmPackage {
  readonly name: string;
  readonly version: string;
  /** As in a lock file: `sha512-` and base64. */
  readonly integrity: string;
}

/** JavaScript kernels and C++ sources of the binding. */
export const bindingPackage: NpmPackage = {
  name: '@tensorflow/tfjs-node-gpu',
  version: bindingVersion,
  integrity:
    'sha512-p//NN6DGiN4hInUmIkRffaFVMcdTREUMjPyjW04J7OXvB2zBlQimj61eFKSgRrH3f5TnOfKzb0n56he/B6a4bw==',
};

/** Headers of Node's stable C interface, the same for every Node. */
export const headersPackage: NpmPackage = {
  name: 'node-api-headers',
  version: '1.9.0',
  integrity:
    'sha512-2oNILP4jXwRB4ywnYKjVk1YyJ96n2D4EOVJO6S3oYZ5PtbJrw3Yt9TpAuX3nBLMuzn74rnfGQrv13pS9vC+YiA==',
};

/** Where packages come from and go to. */
export interface PackagePlace {
  readonly tools: Tools;
  readonly environment: Environment;
  /** Receives the packed files, and is looked at first. */
  readonly downloads: string;
  /** A folder that may hold the packed file already, for machines without a network. */
  readonly offline?: string;
}

/**
 * Unpacks a package of the registry into `folder`. `npm pack` fetches and never runs a package's scripts; those of
 * the binding would download an old TensorFlow from a host outside every registry.
 * Throws `MissingPiece` when it cannot be fetched or is not the package that hpl was written for.
 */
export async function unpackNpmPackage(
  wanted: NpmPackage,
  folder: string,
  place: PackagePlace,
): Promise<void> {
  const file = fileName(wanted);
  const archive =
    (await findIn(place.downloads, file)) ??
    (place.offline === undefined ? undefined : await findIn(place.offline, file)) ??
    (await pack(wanted, place));
  await checkIntegrity(wanted, archive);
  await mkdir(folder, { recursive: true });
  const result = await runTool({
    program: place.tools.tar,
    arguments: ['-xzf', archive, '-C', folder, '--strip-components=1'],
    folder,
    environment: place.environment,
  });
  if (result.code !== 0)
    throw new MissingPiece(
      `tar could not unpack ${archive}:\n${lastLines(result.stderr, 3)}`,
      `Delete ${archive} and run "npx hpl setup" again.`,
    );
}

/** The name that `npm pack` gives: `tensorflow-tfjs-node-gpu-4.22.0.tgz`. */
function fileName({ name, version }: NpmPackage): string {
  return `${name.replace('@', '').replace('/', '-')}-${version}.tgz`;
}

async function findIn(folder: string, file: string): Promise<string | undefined> {
  const files = await readdir(folder).catch((): string[] => []);
  return files.includes(file) ? join(folder, file) : undefined;
}

async function pack(wanted: NpmPackage, { tools, downloads, environment }: PackagePlace): Promise<string> {
  const specifier = `${wanted.name}@${wanted.version}`;
  const result = await runTool({
    program: tools.npm,
    arguments: ['pack', specifier, '--silent', '--pack-destination', downloads],
    folder: downloads,
    environment,
  });
  const archive = await findIn(downloads, fileName(wanted));
  if (result.code !== 0 || archive === undefined)
    throw new MissingPiece(
      `npm could not fetch ${specifier}:\n${lastLines(result.stderr, 3)}`,
      `Look at the network, or put ${fileName(wanted)} (from "npm pack ${specifier}") into the folder given to --from.`,
    );
  return archive;
}

async function checkIntegrity(wanted: NpmPackage, archive: string): Promise<void> {
  const digest = createHash('sha512')
    .update(await readFile(archive))
    .digest('base64');
  if (`sha512-${digest}` === wanted.integrity) return;
  throw new MissingPiece(
    `${archive} is not ${wanted.name} ${wanted.version}: its SHA-512 differs from the one hpl was written for.`,
    'Delete it and run "npx hpl setup" again.',
  );
}
