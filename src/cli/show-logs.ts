import { setTimeout as sleep } from 'node:timers/promises';
import { resumeCommand } from '../report/resume-command.js';
import type { RunEvent } from '../runtime/contract/events.js';
import { CommandFailure } from './command-failure.js';
import type { LogsOptions } from './commands/logs.js';
import { createRenderer } from './display.js';
import { isReadableSchema } from './event-lines.js';
import { exitCodes } from './exit-codes.js';
import { readEventLines, type Following, type ReadLine } from './follow-events.js';
import type { Io } from './io.js';
import { isProcessAlive } from './process-alive.js';
import { chooseProgress, type ProgressMode } from './progress-mode.js';
import { isAtLeast } from './renderers/log-lines.js';
import type { Renderer, Verbosity } from './renderers/renderer.js';
import { findRun } from './run-folder.js';
import { didYouMean } from './suggestion.js';

type Started = Extract<RunEvent, { type: 'run.started' }>;
type Finished = Extract<RunEvent, { type: 'run.finished' }>;

/** How often a followed file is looked at, and how often a view that shows time is drawn. */
const pollMs = 100;

/** Shows a run's events, and with `--follow` waits for more. Gives the exit code. */
export async function showLogs(run: string, options: LogsOptions, io: Io): Promise<number> {
  const { events } = findRun(options.store, run);
  const mode = viewOf(options, io);
  const renderer = createRenderer({
    mode,
    verbosity: verbosityOf(options),
    progress: io.stdout,
    results: io.stdout,
    env: io.env,
  });
  const replay = new Replay(renderer, options, mode === 'json' ? io : undefined);
  try {
    for await (const line of readEventLines(events, options.follow === true ? followed(replay) : undefined)) {
      replay.take(line);
      if (replay.finished !== undefined) break;
    }
  } finally {
    renderer.close();
  }
  replay.complainAboutUnknownStage();
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

function followed(replay: Replay): Following {
  return {
    pollMs,
    goesOn: () => {
      replay.tick(Date.now());
      return replay.started === undefined || isProcessAlive(replay.started.pid);
    },
    sleep: (ms) => sleep(ms),
  };
}

function ending(replay: Replay, options: LogsOptions, io: Io): number {
  const { started, finished } = replay;
  if (finished !== undefined) return options.follow === true ? finished.exitCode : exitCodes.done;
  if (started === undefined) return exitCodes.done;
  if (isProcessAlive(started.pid)) {
    io.stderr.write(`\nThe run goes on; watch it with: hpl logs ${started.run} --follow\n`);
    return exitCodes.done;
  }
  io.stderr.write(
    `\nThe run was killed before it ended; what it finished is kept.\nresume with: ${resumeCommand(started)}\n`,
  );
  return options.follow === true ? exitCodes.stageFailed : exitCodes.done;
}

/** Hands the wanted events of a file to a renderer, and remembers how the run began and ended. */
class Replay {
  started?: Started;
  finished?: Finished;
  readonly #stages = new Set<string>();

  constructor(
    private readonly renderer: Renderer,
    private readonly options: LogsOptions,
    private readonly raw: Io | undefined,
  ) {}

  take({ text, line }: ReadLine): void {
    if (line.kind === 'event') this.#note(line.event);
    // Types of a later version are unknown to the views, but json hands on what it reads.
    if (line.kind === 'unknown' && this.options.stage === undefined) this.raw?.stdout.write(`${text}\n`);
    if (line.kind !== 'event' || !this.#isWanted(line.event)) return;
    this.renderer.show(line.event);
  }

  tick(now: number): void {
    this.renderer.tick(now);
  }

  complainAboutUnknownStage(): void {
    const { stage } = this.options;
    if (stage === undefined || this.#stages.has(stage)) return;
    const known = [...this.#stages];
    throw new CommandFailure(
      `The run has no stage named "${stage}".${didYouMean(stage, known)} Its stages: ${known.join(', ')}.`,
    );
  }

  #note(event: RunEvent): void {
    if (event.type === 'run.started') {
      if (!isReadableSchema(event.schema)) {
        throw new CommandFailure(
          `The run was written as ${event.schema}, and this hpl reads hpl.events/1. Use a newer hpl.`,
        );
      }
      this.started = event;
    }
    if (event.type === 'run.plan') for (const { stage } of event.stages) this.#stages.add(stage);
    if (event.type === 'run.finished') this.finished = event;
    if ('stage' in event) this.#stages.add(event.stage);
  }

  #isWanted(event: RunEvent): boolean {
    const { stage, level } = this.options;
    if (event.type === 'stage.log' && level !== undefined && !isAtLeast(event.level, level)) return false;
    return stage === undefined || !('stage' in event) || event.stage === stage;
  }
}
