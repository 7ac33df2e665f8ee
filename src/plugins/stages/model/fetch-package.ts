import { homedir } from 'node:os';
import process from 'node:process';
import { StageFailure, type StageEvent } from '../../../runtime/contract/stage.js';
import { fetchEvents } from '../../fetch-events.js';
import { cacheFolder } from '../../packages/cache-folder.js';
import type { FetchProgress } from '../../packages/fetch-progress.js';
import { MissingPiece } from '../../packages/missing-piece.js';
import { packageFile, type PackageFile } from '../../packages/package-file.js';
import { reported } from '../../packages/reported.js';
import { retold } from '../../retold.js';
import { untilAborted } from '../../until-aborted.js';

/**
 * Brings a file of a Python package into the cache, tells how far it is, and gives its path. Undefined once the signal
 * is aborted; what was fetched stays. Rejects with a `StageFailure`.
 */
export function fetchPackage(
  wanted: PackageFile,
  signal: AbortSignal,
): AsyncGenerator<StageEvent, string | undefined, undefined> {
  const environment = process.env;
  const place = { cache: cacheFolder(environment, homedir()), environment, pid: process.pid, signal };
  const steps = reported<FetchProgress, string>((report) =>
    packageFile(wanted, place, report).catch((error: unknown) => {
      if (!(error instanceof MissingPiece)) throw error;
      throw new StageFailure(`${error.message}\n${error.remedy}`, { cause: error });
    }),
  );
  return untilAborted(retold(steps, fetchEvents()), signal);
}
