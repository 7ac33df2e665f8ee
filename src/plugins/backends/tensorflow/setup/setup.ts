import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { isDiskFull } from '../../../../base/system-error.js';
import {
  hasKernelHeaders,
  installationRecord,
  names,
  readInstallation,
  type Installation,
} from '../installation.js';
import { installationFolder, type Variant } from '../location.js';
import { addFused } from './add-fused.js';
import { buildBinding } from './build-binding.js';
import { checkBinding } from './check-binding.js';
import { diskFull, requireSpace } from '../../../packages/disk-space.js';
import { librariesFromFolder, librariesFromIndex } from './libraries.js';
import { bindingPackage, headersPackage, unpackNpmPackage } from './npm-package.js';
import type { Report, SetupEvent } from './setup-event.js';
import { MissingPiece } from '../../../packages/missing-piece.js';
import { withFolderLock } from '../../../packages/folder-lock.js';
import type { SetupPlace } from './setup-place.js';
import { findTools } from '../../../packages/tools.js';
import { makeWritable } from '../../../packages/writable-folder.js';
import type { SetupPackages, SetupRequest } from './setup-request.js';
import { setupTools } from './setup-tools.js';
import { requirement } from './tensorflow-wheels.js';

/** Bytes for wheels and unpacked libraries together, at the worst moment. */
const space: Readonly<Record<Variant, number>> = { cpu: 1.3 * 2 ** 30, cuda: 10 * 2 ** 30 };

const pinnedPackages: SetupPackages = { binding: bindingPackage, headers: headersPackage };

/**
 * Makes TensorFlow ready behind tfjs, and its fused operations where they can be compiled. What is ready already is left
 * alone; an interrupted setup goes on where it stopped; nothing half-made is ever taken for ready, because the record is
 * written last and the folder renamed then. Throws `MissingPiece` that names the missing piece.
 */
export async function setUp(
  request: SetupRequest,
  report: Report,
): Promise<Extract<SetupEvent, { type: 'ready' }>> {
  const folder = installationFolder(request.cache, request.variant);
  const present = await readInstallation(folder);
  const already = present.ok && (await serves(present.value, request));
  const installation = already ? present.value : await install(folder, request, report);
  return { type: 'ready', installation, already, fused: await addFused(installation, request, report) };
}

/** Another TensorFlow than the present one is wanted only where `from` names it. */
async function serves(installation: Installation, { variant, from }: SetupRequest): Promise<boolean> {
  if (from !== undefined) return installation.origin === resolve(from);
  // Older setups left out headers that the wheel has and fused operations need.
  return installation.origin !== requirement(variant) || hasKernelHeaders(installation);
}

async function install(folder: string, request: SetupRequest, report: Report): Promise<Installation> {
  if (request.platform !== 'linux-x64')
    throw new MissingPiece(
      `TensorFlow is set up on linux-x64 alone; this is ${request.platform}.`,
      'Use backend = wasm, which needs no setup.',
    );
  const { python3, ...alwaysNeeded } = setupTools;
  const needed = request.from === undefined ? { ...alwaysNeeded, python3 } : alwaysNeeded;
  const tools = await findTools(needed, request.environment);
  const downloads = join(request.cache, 'downloads');
  await makeWritable(downloads);
  const staging = `${folder}.partial`;
  const place = { tools, environment: request.environment, downloads, staging, report };
  return withFolderLock(downloads, { name: 'hpl setup', pid: request.pid }, async () => {
    await requireSpace(downloads, { work: 'setting up TensorFlow', bytes: space[request.variant] });
    const record = await build(request, place).catch((cause: unknown) => {
      throw isDiskFull(cause) ? diskFull(downloads, 'Then run "npx hpl setup" again.', cause) : cause;
    });
    await rm(folder, { recursive: true, force: true });
    await rename(staging, folder);
    await rm(downloads, { recursive: true, force: true });
    return { ...record, folder };
  });
}

async function build(request: SetupRequest, place: SetupPlace): Promise<Omit<Installation, 'folder'>> {
  const { staging } = place;
  await rm(staging, { recursive: true, force: true });
  await mkdir(staging, { recursive: true });
  const { binding, headers } = request.packages ?? pinnedPackages;
  place.report({ type: 'step', message: `Fetching ${binding.name} ${binding.version}.` });
  const origin = { ...place, ...(request.from !== undefined && { offline: request.from }) };
  await unpackNpmPackage(binding, join(staging, names.package), origin);
  await unpackNpmPackage(headers, join(staging, names.headers), origin);
  const libraries =
    request.from === undefined
      ? await librariesFromIndex(request.variant, place)
      : await librariesFromFolder(request.from, place);
  place.report({ type: 'step', message: 'Compiling the binding.' });
  await buildBinding(libraries, join(staging, names.nodeHeaders), place);
  place.report({ type: 'step', message: 'Trying TensorFlow.' });
  const tensorflow = await checkBinding(request.node, place);
  const record = { variant: request.variant, tensorflow, origin: libraries.origin };
  await writeFile(join(staging, names.record), installationRecord(record));
  return record;
}
