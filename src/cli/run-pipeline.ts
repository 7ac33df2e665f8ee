import { tap, type Observable } from 'rxjs';
import type { RunEvent } from '../runtime/contract/events.js';
import type { UserSignal } from '../runtime/run-status.js';
import { compileFile, refusedPlan } from './compile-file.js';
import { createRenderer } from './display.js';
import { exitCodes } from './exit-codes.js';
import type { Io } from './io.js';
import type { PlanningOptions } from './planning-options.js';
import { type AskedProgress, chooseProgress } from './progress-mode.js';
import type { Renderer, Verbosity } from './renderers/renderer.js';
import { runCommand } from './run-command.js';
import { startRun } from './start-run.js';
import { startTicking } from './ticking.js';
import { userSignals } from './user-signals.js';

/** What the command line gives to `hpl run`. */
export interface RunOptions extends PlanningOptions {
  readonly progress?: AskedProgress;
  readonly quiet?: true;
  readonly verbose?: number;
}

/** Runs a pipeline file and shows it. Gives the exit code. */
export async function runPipeline(file: string, options: RunOptions, io: Io): Promise<number> {
  const renderer = rendererFor(options, io);
  const compiled = await compileFile(file, options, io);
  const resume = runCommand(file, options);
  const started = await startRun(compiled, {
    ...(options.store === undefined ? {} : { store: options.store }),
    environment: io.env,
    interrupts: announced(userSignals(), renderer, resume),
    resume,
  });
  if (!started.ok) throw refusedPlan(started.error, io);
  return watch(started.value.events, renderer);
}

function rendererFor(options: RunOptions, io: Io): Renderer {
  const mode = options.quiet === true ? 'quiet' : chooseProgress(options.progress, io);
  const verbosity = Math.min(2, options.verbose ?? 0) as Verbosity;
  return createRenderer({ mode, verbosity, progress: io.stderr, results: io.stdout, env: io.env });
}

/** Tells the user what each signal does. */
function announced(
  signals: Observable<UserSignal>,
  renderer: Renderer,
  resume: string,
): Observable<UserSignal> {
  let count = 0;
  return signals.pipe(
    tap(() => {
      count += 1;
      if (count === 1)
        renderer.notice(`finishing the step; press Ctrl-C again to abort\nresume with: ${resume}`);
      if (count === 2) renderer.notice('aborting');
    }),
  );
}

/** Shows every event as it comes; the one subscription of the program. Gives the run's exit code. */
async function watch(events: Observable<RunEvent>, renderer: Renderer): Promise<number> {
  let exitCode: number = exitCodes.internal;
  const stopTicking = startTicking(renderer);
  try {
    await events.forEach((event) => {
      renderer.show(event);
      if (event.type === 'run.finished') exitCode = event.exitCode;
    });
  } finally {
    stopTicking();
    renderer.close();
  }
  return exitCode;
}
