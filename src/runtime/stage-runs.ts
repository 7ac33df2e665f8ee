import { join } from 'node:path';
import {
  concat,
  concatMap,
  defer,
  EMPTY,
  forkJoin,
  from,
  map,
  merge,
  mergeMap,
  Observable,
  of,
  ReplaySubject,
  take,
} from 'rxjs';
import { InternalError } from '../base/unreachable.js';
import type { StageBody } from './contract/events.js';
import type { Plan, PlannedStage } from './planned.js';
import { interruptedRun, type UserSignal } from './run-status.js';
import { Slots } from './slots.js';
import { failedStage, StageReporter } from './stage-reporter.js';
import { copyArtifact } from './store/copy-artifact.js';
import type { StoreLayout } from './store/layout.js';
import { explainFileError } from './store/store-failure.js';
import type { StoreView } from './store/store.js';
import type { Executor, ExecutorMessage, Interrupt } from './worker/executor.js';
import type { WorkFailure } from './worker/worker-message.js';
import type { WorkOrder } from './worker/work-order.js';

/** What running stages takes. */
export interface StageParts {
  readonly executor: Executor;
  readonly layout: StoreLayout;
  readonly store: StoreView;
  /** How many stages of each resource run at the same time. */
  readonly slots: Readonly<Record<'cpu' | 'gpu', number>>;
  /** The user's signals so far, replayed to whoever asks later. */
  readonly signals: Observable<UserSignal>;
  /** Milliseconds of a monotonic clock. */
  now(): number;
  buildOrder(stage: PlannedStage): WorkOrder;
}

/** How a stage ended, for those that wait for it. */
interface Outcome {
  readonly stage: string;
  readonly ending: 'finished' | 'failed' | 'interrupted';
}

/** The stages of one run, each waiting for its inputs, then for a slot. */
export class StageRuns {
  private readonly outcomes: ReadonlyMap<string, ReplaySubject<Outcome>>;
  private readonly slots: Readonly<Record<'cpu' | 'gpu', Slots>>;

  constructor(
    private readonly plan: Plan,
    private readonly parts: StageParts,
  ) {
    this.outcomes = new Map(plan.stages.map(({ name }) => [name, new ReplaySubject<Outcome>(1)]));
    this.slots = { cpu: new Slots(parts.slots.cpu), gpu: new Slots(parts.slots.gpu) };
  }

  /** All events of all stages; completes when every stage has ended one way or the other. */
  events(): Observable<StageBody> {
    return new Observable((subscriber) => {
      // Before the stages' own teardowns: a slot that they give back then is for nobody.
      subscriber.add(() => {
        this.slots.cpu.close();
        this.slots.gpu.close();
      });
      merge(...this.plan.stages.map((stage) => this.stageEvents(stage))).subscribe(subscriber);
    });
  }

  private stageEvents(stage: PlannedStage): Observable<StageBody> {
    return this.inputs(stage).pipe(
      mergeMap((outcomes) => {
        const missing = outcomes.find(({ ending }) => ending !== 'finished');
        return missing === undefined ? this.perform(stage) : of(skip(stage, missing));
      }),
      // The end of a stage is told before what follows from it for others.
      concatMap((event) => concat(of(event), this.noted(event))),
    );
  }

  private inputs(stage: PlannedStage): Observable<readonly Outcome[]> {
    const names = [...stage.inputs.map((input) => input.stage), ...(stage.twin === null ? [] : [stage.twin])];
    return names.length === 0 ? of([]) : forkJoin(names.map((name) => this.outcomeOf(name)));
  }

  private noted(event: StageBody): Observable<never> {
    return defer(() => {
      this.note(event);
      return EMPTY;
    });
  }

  private note(event: StageBody): void {
    const ending = endingOf(event);
    if (ending === undefined) return;
    const outcome = this.outcomeOf(event.stage);
    outcome.next({ stage: event.stage, ending });
    outcome.complete();
  }

  private outcomeOf(name: string): ReplaySubject<Outcome> {
    const outcome = this.outcomes.get(name);
    if (outcome === undefined) throw new InternalError(`the plan has no stage "${name}"`);
    return outcome;
  }

  private perform(stage: PlannedStage): Observable<StageBody> {
    if (stage.action === 'cached')
      return defer(() => from(this.replay(stage))).pipe(mergeMap((list) => list));
    return this.slots[stage.resource].run(
      this.isInterrupted().pipe(
        mergeMap((isInterrupted) =>
          isInterrupted ? of(skip(stage, { stage: stage.name, ending: 'interrupted' })) : this.execute(stage),
        ),
      ),
    );
  }

  /** Whether a signal has come so far; answers at once. */
  private isInterrupted(): Observable<boolean> {
    return merge(this.parts.signals.pipe(map(() => true)), of(false)).pipe(take(1));
  }

  private execute(stage: PlannedStage): Observable<StageBody> {
    const { file } = this.plan;
    const reporter = new StageReporter(stage, file, this.artifactFolder(stage), () => this.parts.now());
    const checkpointStep = (): number => this.parts.store.checkpoint(stage.fingerprint)?.step ?? 0;
    const interrupts = this.parts.signals.pipe(
      map((_signal, index): Interrupt => (index === 0 ? 'finish-step' : 'abort')),
    );
    return this.parts.executor.execute(this.parts.buildOrder(stage), interrupts).pipe(
      concatMap((message): Observable<ExecutorMessage> =>
        message.type === 'finished' && stage.outputFolders.length > 0
          ? defer(() => from(this.copyOutputs(stage))).pipe(map((failure) => failure ?? message))
          : of(message),
      ),
      concatMap((message) => reporter.report(message, checkpointStep)),
    );
  }

  /** A result that is in the store already: its gates are judged as they were when it was made. */
  private async replay(stage: PlannedStage): Promise<readonly StageBody[]> {
    const { name, kind, fingerprint } = stage;
    const found = await this.parts.store.artifact(fingerprint);
    if (found?.ok !== true) {
      const damage = found === undefined ? 'it is gone' : found.error;
      return [this.failed(stage, { type: 'failed', cause: `The stored result cannot be used: ${damage}.` })];
    }
    const failure = await this.copyOutputs(stage);
    if (failure !== undefined) return [this.failed(stage, failure)];
    const gates = found.value.gates.map((gate) => ({ ...gate, stage: name, type: 'stage.gate' }) as const);
    return [...gates, { stage: name, type: 'stage.cached', kind, fingerprint, summary: found.value.summary }];
  }

  private failed(stage: PlannedStage, failure: WorkFailure): StageBody {
    return failedStage(stage, this.plan.file, { failure, lastLines: [] });
  }

  private async copyOutputs(stage: PlannedStage): Promise<WorkFailure | undefined> {
    if (stage.outputFolders.length === 0) return undefined;
    const found = await this.parts.store.artifact(stage.fingerprint);
    if (found?.ok !== true) return { type: 'failed', cause: 'The published result cannot be read again.' };
    for (const folder of stage.outputFolders) {
      try {
        await copyArtifact(this.artifactFolder(stage), found.value, folder);
      } catch (error) {
        const explained = explainFileError(error, 'copying the result', folder);
        if (explained === undefined) throw error;
        return { type: 'failed', cause: explained.message, remedy: explained.remedy };
      }
    }
    return undefined;
  }

  private artifactFolder(stage: PlannedStage): string {
    return join(this.parts.layout.artifacts, stage.fingerprint);
  }
}

function skip(stage: PlannedStage, missing: Outcome): StageBody {
  const because = missing.ending === 'interrupted' ? interruptedRun : `"${missing.stage}" failed`;
  return { stage: stage.name, type: 'stage.skipped', because };
}

function endingOf(event: StageBody): Outcome['ending'] | undefined {
  switch (event.type) {
    case 'stage.finished':
    case 'stage.cached':
      return 'finished';
    case 'stage.failed':
      return 'failed';
    case 'stage.interrupted':
      return 'interrupted';
    case 'stage.skipped':
      return event.because === interruptedRun ? 'interrupted' : 'failed';
    default:
      return undefined;
  }
}
