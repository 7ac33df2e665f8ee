import { resumeCommand } from '../report/resume-command.js';
import type { RunEvent } from '../runtime/contract/events.js';
import type { LogLevel } from '../runtime/contract/stage.js';
import { followEvents, readEvents } from '../runtime/read-events.js';
import { createRenderer } from './display.js';
import { exitCodes } from './exit-codes.js';
import { findRun } from './find-run.js';
import type { Io } from './io.js';
import { isProcessAlive } from './process-alive.js';
import { type AskedProgress, chooseProgress, type ProgressMode } from './progress-mode.js';
import type { Renderer, Verbosity } from './renderers/renderer.js';
import { Replay } from './replay.js';
import { startTicking } from './ticking.js';

/** What the command line gives to `hpl logs`. */
export interface LogsOptions {
  readonly store?: string;
  readonly follow?: true;
  readonly stage?: string;
  readonly level?: LogLevel;
  readonly progress?: AskedProgress;
  readonly verbose?: number;
}

/** Shows a run's events, and with `--follow` waits for more. Gives the exit code. */
export async function showLogs(run: string, options: LogsOptions, io: Io): Promise<number> {
  const { events } = await findRun(options.store, run);
  const mode = viewOf(options, io);
  const verbosity = verbosityOf(options);
  const renderer = createRenderer({ mode, verbosity, progress: io.stdout, results: io.stdout, env: io.env });
  const replay = new Replay(renderer, { ...options, unknown: mode === 'json' });
  try {
    await (options.follow === true ? follow(events, replay, renderer) : show(readEvents(events), replay));
  } finally {
    renderer.close();
  }
  replay.requireStage();
  return ending(replay, options, io);
}

// The table that lives is for a run that lives; a finished run is read like a text.
function viewOf(options: LogsOptions, io: Io): ProgressMode {
  const asked = options.progress ?? (options.follow === true ? undefined : 'plain');
  return chooseProgress(asked, { ...io, stderr: io.stdout });
}

function verbosityOf({ verbose = 0, level }: LogsOptions): Verbosity {
  const wanted = Math.max(verbose, level === 'debug' ? 1 : 0);
  return wanted >= 2 ? 2 : wanted === 1 ? 1 : 0;
}

async function show(events: AsyncIterable<RunEvent>, replay: Replay): Promise<void> {
  for await (const event of events) replay.take(event);
}

async function follow(path: string, replay: Replay, renderer: Renderer): Promise<void> {
  const isWriterAlive = (): boolean => replay.started === undefined || isProcessAlive(replay.started.pid);
  const stopTicking = startTicking(renderer, isWriterAlive);
  const stop = new AbortController();
  try {
    await show(followEvents(path, { signal: stop.signal, isWriterAlive, pollMilliseconds: 100 }), replay);
  } finally {
    stopTicking();
  }
}

function ending({ started, finished }: Replay, { follow: followed }: LogsOptions, io: Io): number {
  if (finished !== undefined) return followed === true ? finished.exitCode : exitCodes.done;
  if (started === undefined) return exitCodes.done;
  if (isProcessAlive(started.pid)) {
    io.stderr.write(`\nThe run goes on; watch it with: hpl logs ${started.run} --follow\n`);
    return exitCodes.done;
  }
  io.stderr.write(`\nThe run was killed before it ended; what it finished is kept.\n`);
  io.stderr.write(`resume with: ${resumeCommand(started)}\n`);
  return followed === true ? exitCodes.stageFailed : exitCodes.done;
}
