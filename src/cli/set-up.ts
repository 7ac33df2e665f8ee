import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { cacheFolder } from '../plugins/packages/cache-folder.js';
import { MissingPiece } from '../plugins/packages/missing-piece.js';
import { describeLack } from '../plugins/backends/tensorflow/fused-library.js';
import type { FusedOutcome } from '../plugins/backends/tensorflow/setup/setup-event.js';
import { setUp } from '../plugins/backends/tensorflow/setup/setup.js';
import { CommandFailure } from './command-failure.js';
import { exitCodes } from './exit-codes.js';
import type { Io } from './io.js';
import { SetupProgress } from './setup-progress.js';

/** What the command line gives to `hpl setup`. */
export interface SetupOptions {
  readonly cuda?: true;
  readonly from?: string;
}

/** Makes TensorFlow ready, with progress on standard error and the result on standard output. Gives the exit code. */
export async function setUpTensorflow(options: SetupOptions, io: Io): Promise<number> {
  const progress = new SetupProgress(io.stderr);
  const request = {
    variant: options.cuda ? 'cuda' : 'cpu',
    cache: cacheFolder(io.env, homedir()),
    environment: io.env,
    platform: `${process.platform}-${process.arch}`,
    node: process.execPath,
    pid: process.pid,
    ...(options.from !== undefined && { from: resolve(io.cwd, options.from) }),
  } as const;
  try {
    const { installation, already, fused } = await setUp(request, (event) => {
      progress.show(event, performance.now());
    });
    const { tensorflow, folder, origin } = installation;
    io.stdout.write(
      `TensorFlow ${tensorflow} ${already ? 'was ready before' : 'is ready'}: ${folder} (from ${origin}).\n` +
        'Pipelines use it with "backend = tensorflow" or "backend = auto"; "npx hpl doctor" shows every backend.\n' +
        fusedLines(fused, already),
    );
    return exitCodes.done;
  } catch (error) {
    if (!(error instanceof MissingPiece)) throw error;
    throw new CommandFailure(`${error.message}\n${error.remedy}`, exitCodes.unavailable);
  } finally {
    progress.close();
  }
}

/** What is to be said of the fused operations: that they are there goes without saying where everything is new. */
function fusedLines(fused: FusedOutcome, already: boolean): string {
  if (!fused.ready) return `${describeLack(fused.lack)}\n`;
  return already && !fused.already
    ? 'Fused operations were missing and have been compiled; nothing was downloaded.\n'
    : '';
}
