import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { JsonObject } from '../../base/json.js';
import { seedAt } from '../../base/seed.js';
import { InternalError } from '../../base/unreachable.js';
import type { Catalogue } from '../catalogue.js';
import type { Backend, BackendInfo } from '../contract/backend.js';
import { type StageEvent, StageFailure, type StageRunner } from '../contract/stage.js';
import { artifactSchema, type GateRecord, readArtifact } from '../store/artifact-record.js';
import { forgetCheckpoints, openCheckpoints } from '../store/checkpoint-folder.js';
import { type StoreLayout, storeLayout } from '../store/layout.js';
import { publishArtifact } from '../store/publish.js';
import { createComponent, createStageContext } from './stage-context.js';
import { explainFailure } from './work-failure.js';
import type { WorkOrder } from './work-order.js';
import type { WorkEnd, WorkerMessage } from './worker-message.js';

/** What a process brings to a work order. */
export interface Workplace {
  readonly catalogue: Catalogue;
  /** Makes the runner with what its constructor wants injected. */
  instantiate(
    runner: new (...injected: never[]) => StageRunner,
    backend: BackendInfo | undefined,
  ): StageRunner;
  /** Aborted when the work shall stop at the next step. */
  readonly signal: AbortSignal;
  /** Milliseconds of a monotonic clock. */
  now(): number;
  readonly pid: number;
  /** The largest memory that the process has had, in bytes. */
  peakBytes(): number;
  tell(message: WorkerMessage): void;
}

/**
 * Runs one stage to its end and publishes its artifact. Tells every event as it comes, the end last; never throws for
 * what a stage does. A failure leaves no half-written artifact behind, and no space taken but checkpoints.
 */
export async function executeWorkOrder(order: WorkOrder, place: Workplace): Promise<WorkEnd> {
  const layout = storeLayout(order.store);
  const draft = join(layout.temporary, `${order.fingerprint}.${place.pid}`);
  const end = await attempt(order, place, { layout, draft });
  place.tell(end);
  return end;
}

interface Folders {
  readonly layout: StoreLayout;
  readonly draft: string;
}

async function attempt(order: WorkOrder, place: Workplace, folders: Folders): Promise<WorkEnd> {
  try {
    await rm(folders.draft, { recursive: true, force: true });
    await mkdir(folders.draft, { recursive: true });
    return await work(order, place, folders);
  } catch (error) {
    const { failure, stack } = explainFailure(error, order, folders.draft);
    if (stack !== undefined) place.tell({ type: 'log', level: 'error', message: stack });
    return failure;
  } finally {
    await rm(folders.draft, { recursive: true, force: true });
  }
}

async function work(order: WorkOrder, place: Workplace, { layout, draft }: Folders): Promise<WorkEnd> {
  const checkpoints = openCheckpoints(layout, order.fingerprint, order.checkpointSeconds);
  const resumed = checkpoints.latest();
  const started = place.now();
  place.tell({
    type: 'started',
    pid: place.pid,
    ...(resumed === undefined ? {} : { resumedFrom: resumed.step }),
  });
  await verifyInputs(order, layout);
  const runner = await createRunner(order, place);
  const context = createStageContext(order, { ...place, now: () => place.now(), checkpoints, folder: draft });
  const result = await follow(runner.run(order.options, context), place);
  if (result === undefined) {
    if (place.signal.aborted) return { type: 'interrupted', step: checkpoints.latest()?.step ?? 0 };
    throw new Error('run() ended without an output event');
  }
  await publishArtifact(layout, draft, {
    schema: artifactSchema,
    type: order.output,
    stage: order.stage,
    kind: order.kind,
    fingerprint: order.fingerprint,
    key: order.key,
    summary: result.summary,
    gates: result.gates,
    seconds: (place.now() - started) / 1000,
  });
  await forgetCheckpoints(layout, order.fingerprint);
  return { type: 'finished', ...result, peakBytes: place.peakBytes() };
}

async function verifyInputs(order: WorkOrder, layout: StoreLayout): Promise<void> {
  for (const { stage, fingerprint } of order.inputs) {
    const found = await readArtifact(join(layout.artifacts, fingerprint), 'sizes');
    if (found?.ok === true) continue;
    const damage = found === undefined ? 'it is not in the store' : found.error;
    throw new StageFailure(`The input "${stage}" cannot be used: ${damage}. Run again, and it is made anew.`);
  }
}

async function createRunner(order: WorkOrder, place: Workplace): Promise<StageRunner> {
  const backend = order.backend === null ? undefined : await startBackend(order.backend, order, place);
  const runner = await place.catalogue.stage(order.kind).load();
  return place.instantiate(runner, backend);
}

async function startBackend(
  value: JsonObject,
  order: WorkOrder,
  { catalogue }: Workplace,
): Promise<BackendInfo> {
  const backend = await createComponent<Backend>(catalogue, seedAt(order.seed), { kind: 'backend', value });
  return backend.start();
}

interface StageResult {
  readonly summary: JsonObject;
  readonly gates: readonly GateRecord[];
}

/** Tells all events of a stage; gives what its output event says, or undefined when it ended without one. */
async function follow(
  events: AsyncGenerator<StageEvent, void, undefined>,
  place: Workplace,
): Promise<StageResult | undefined> {
  const gates: GateRecord[] = [];
  let summary: JsonObject | undefined;
  for await (const event of events) {
    if (summary !== undefined) throw new Error(`run() yielded "${event.type}" after its output event`);
    if (event.type === 'output') {
      ({ summary } = event);
    } else {
      if (event.type === 'gate') gates.push(gateRecord(event));
      place.tell(event);
    }
    // Signals and heartbeats wait for the event loop, which tensor operations block.
    await nextTurn();
  }
  return summary === undefined ? undefined : { summary, gates };
}

function gateRecord({ condition, met, explanation }: GateRecord): GateRecord {
  return { condition, met, explanation };
}

/** The end of work that could not even begin, such as a plugin file that does not load. */
export function explainUnstartable(error: unknown, order: WorkOrder): WorkEnd {
  if (error instanceof InternalError) return { type: 'failed', cause: error.message };
  return explainFailure(error, order, order.store).failure;
}
