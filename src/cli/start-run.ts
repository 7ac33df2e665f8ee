import { fileURLToPath } from 'node:url';
import type { Observable } from 'rxjs';
import { failed, ok, type Result } from '../base/result.js';
import { buildOrder } from '../runtime/build-order.js';
import type { RunEvent } from '../runtime/contract/events.js';
import { recordEvents } from '../runtime/record-run.js';
import { run } from '../runtime/run.js';
import type { UserSignal } from '../runtime/run-status.js';
import { EventLog } from '../runtime/store/event-log.js';
import { storeLayout } from '../runtime/store/layout.js';
import { lockStore, type StoreLock } from '../runtime/store/lock.js';
import { createRun, type RunFolder, runName } from '../runtime/store/run-folder.js';
import { viewStore } from '../runtime/store/store.js';
import { createLocalExecutor } from '../runtime/worker/local-executor.js';
import { bf16Models } from './bf16-models.js';
import { type Compiled, defaultStore, type Planned, planPipeline, type PlanRefusal } from './compose.js';
import { forecastRun } from './forecast-run.js';
import { packageVersion } from './package-version.js';
import { processTable } from './process-table.js';

/** How a run is carried out. */
export interface RunSettings {
  readonly store?: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The user's signals. */
  readonly interrupts: Observable<UserSignal>;
  /** The command that goes on where an interrupted or failed run stopped. */
  readonly resume: string;
}

/** A run that has its store and its plan, and starts when its events are subscribed to. */
export interface StartedRun {
  readonly planned: Planned;
  readonly folder: RunFolder;
  /** Cold, to be subscribed to once: each event is in the run's file before it is emitted. */
  readonly events: Observable<RunEvent>;
}

/** Seconds between checkpoints, where HPL_CHECKPOINT_SECONDS says nothing else. */
const checkpointSeconds = 30;
/** Seconds without a sign of progress, where HPL_SILENCE_SECONDS says nothing else. */
const silenceSeconds = 300;
/** Two processor cores do not gain from more at a time, and tensors of two stages rarely fit in one memory. */
const slots = { cpu: 2, gpu: 1 } as const;

/**
 * Takes the store's lock, plans, and freezes the plan. Throws StoreFailure where the store cannot be used or another
 * run works in it. The lock is given back when the events have ended.
 */
export async function startRun(
  compiled: Compiled,
  settings: RunSettings,
): Promise<Result<StartedRun, PlanRefusal>> {
  const layout = storeLayout(settings.store ?? defaultStore(compiled.pipeline.file));
  const name = runName(new Date(), process.pid);
  const lock = await lockStore(layout, name, processTable());
  try {
    const unforeseen = await planPipeline(compiled, layout.root);
    const planned = unforeseen.ok ? await forecastRun(unforeseen.value) : unforeseen;
    if (planned.ok) return ok(await openRun(planned.value, { name, lock, settings }));
    lock.release();
    return failed(planned.error);
  } catch (error) {
    lock.release();
    throw error;
  }
}

interface Opening {
  readonly name: string;
  readonly lock: StoreLock;
  readonly settings: RunSettings;
}

async function openRun(planned: Planned, { name, lock, settings }: Opening): Promise<StartedRun> {
  const layout = storeLayout(planned.store);
  const folder = await createRun(layout, name, planned.plan);
  const log = new EventLog(folder.events);
  const events = run(planned.plan, {
    executor: localExecutor(folder, settings),
    layout,
    store: viewStore(planned.store),
    slots,
    interrupts: settings.interrupts,
    header: headerOf(planned),
    resume: settings.resume,
    now: () => performance.now(),
    buildOrder: (stage) => buildOrder(planned.plan, stage, orderParts(planned, folder, settings)),
  }).pipe(
    recordEvents({
      run: folder.id,
      clock: () => new Date(),
      append: (line) => {
        log.append(line);
      },
      close: () => {
        lock.release();
        log.close();
      },
    }),
  );
  return { planned, folder, events };
}

function headerOf({ plan, store }: Planned): Parameters<typeof run>[1]['header'] {
  const half = bf16Models(plan);
  return { hpl: packageVersion(), pid: process.pid, store, ...(half.length > 0 && { bf16Models: half }) };
}

function orderParts(
  planned: Planned,
  folder: RunFolder,
  { environment }: RunSettings,
): Parameters<typeof buildOrder>[2] {
  return {
    run: folder.id,
    store: planned.store,
    backend: planned.backend.component,
    uses: planned.pipeline.uses,
    checkpointSeconds: secondsOf(environment['HPL_CHECKPOINT_SECONDS'], checkpointSeconds),
  };
}

function localExecutor(
  folder: RunFolder,
  { environment }: RunSettings,
): ReturnType<typeof createLocalExecutor> {
  return createLocalExecutor({
    command: [process.execPath, fileURLToPath(new URL('./worker.js', import.meta.url))],
    // TensorFlow's own chatter helps nobody; a user's wish for more comes first.
    environment: { TF_CPP_MIN_LOG_LEVEL: '2', ...environment },
    orders: folder.orders,
    silenceSeconds: secondsOf(environment['HPL_SILENCE_SECONDS'], silenceSeconds),
  });
}

function secondsOf(text: string | undefined, otherwise: number): number {
  const seconds = Number(text);
  return text === undefined || text === '' || !(seconds >= 0) ? otherwise : seconds;
}
