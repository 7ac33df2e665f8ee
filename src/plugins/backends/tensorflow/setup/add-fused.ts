import { rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { withFolderLock } from '../../../packages/folder-lock.js';
import { MissingPiece } from '../../../packages/missing-piece.js';
import { findTools } from '../../../packages/tools.js';
import { makeWritable } from '../../../packages/writable-folder.js';
import { findFused, ownTarget, type FusedLack } from '../fused-library.js';
import { names, type Installation } from '../installation.js';
import { buildFused } from './build-fused.js';
import { locateLibraries } from './libraries.js';
import type { FusedOutcome, Report } from './setup-event.js';
import type { SetupRequest } from './setup-request.js';

/**
 * Compiles the fused operations that an installation lacks, as after an update of hpl or on another processor, and
 * downloads nothing. What is missing for that is an outcome, never thrown.
 */
export async function addFused(
  installation: Installation,
  request: SetupRequest,
  report: Report,
): Promise<FusedOutcome> {
  const target = request.fused ?? ownTarget();
  const { ready } = await findFused(installation.folder, target);
  if (ready) return { ready, already: true };
  const lack = await compileInto(installation, request, report).catch((cause: unknown): FusedLack => {
    if (!(cause instanceof MissingPiece)) throw cause;
    return { reason: cause.message, remedy: `${cause.remedy} Then run "npx hpl setup" again.` };
  });
  return lack === undefined ? { ready: true, already: false } : { ready: false, lack };
}

async function compileInto(
  { folder, origin }: Installation,
  { cache, environment, node, pid, fused = ownTarget() }: SetupRequest,
  report: Report,
): Promise<FusedLack | undefined> {
  const tools = await findTools({ 'g++': compiler }, environment);
  const libraries = await locateLibraries(folder, origin);
  const nodeHeaders = join(folder, names.nodeHeaders);
  const downloads = join(cache, 'downloads');
  await makeWritable(downloads);
  try {
    return await withFolderLock(downloads, { name: 'hpl setup', pid }, () =>
      buildFused(fused, { folder, libraries, nodeHeaders, tools, environment, node, report }),
    );
  } finally {
    // Unless another build's downloads wait there to be continued.
    await rmdir(downloads).catch(() => undefined);
  }
}

const compiler = {
  purpose: 'it compiles fused operations',
  remedy: 'Install a C++ compiler (Debian, Ubuntu: apt-get install g++).',
};
