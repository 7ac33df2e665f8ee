import { concat, connect, defer, map, merge, type Observable, of, ReplaySubject, take, tap } from 'rxjs';
import { eventsSchema, type EventBody, type RunBody } from './contract/events.js';
import type { Plan } from './planned.js';
import { emptyTally, finishRun, tallyEvent, type UserSignal } from './run-status.js';
import { type StageParts, StageRuns } from './stage-runs.js';

/** What a run works with. */
export interface RunParts extends Omit<StageParts, 'signals'> {
  /** The user's signals: the first lets stages finish their step, the second ends them. */
  readonly interrupts: Observable<UserSignal>;
  /** What the header of the run says besides the plan. */
  readonly header: Pick<
    Extract<RunBody, { readonly type: 'run.started' }>,
    'hpl' | 'pid' | 'store' | 'bf16Models'
  >;
  /** The command that goes on where an interrupted or failed run stopped. */
  readonly resume: string;
}

/**
 * Runs a plan: every stage as soon as its inputs exist and a slot is free. Cold; unsubscription ends all workers. A
 * stage that fails takes only those with it that need its result. The last event is `run.finished`.
 */
export function run(plan: Plan, parts: RunParts): Observable<EventBody> {
  return parts.interrupts.pipe(
    connect((signals) => runWith(signals, plan, parts), { connector: () => new ReplaySubject<UserSignal>() }),
  );
}

function runWith(signals: Observable<UserSignal>, plan: Plan, parts: RunParts): Observable<EventBody> {
  return defer(() => {
    const begun = parts.now();
    let tally = emptyTally;
    const stages = new StageRuns(plan, { ...parts, now: () => parts.now(), signals });
    return concat(
      of(header(plan, parts), planNote(plan)),
      stages.events().pipe(tap((event) => (tally = tallyEvent(tally, event)))),
      firstSignal(signals).pipe(
        map((signal) =>
          finishRun(tally, { signal, seconds: (parts.now() - begun) / 1000, resume: parts.resume }),
        ),
      ),
    );
  });
}

/** The first signal that has come, or undefined, at once. */
function firstSignal(signals: Observable<UserSignal>): Observable<UserSignal | undefined> {
  return merge(signals, of(undefined)).pipe(take(1));
}

function header(plan: Plan, parts: RunParts): RunBody {
  const { pipeline, file, seed, params, backend } = plan;
  return {
    type: 'run.started',
    schema: eventsSchema,
    ...parts.header,
    pipeline,
    file,
    seed,
    params,
    backend,
    resume: parts.resume,
  };
}

function planNote(plan: Plan): RunBody {
  const stages = plan.stages.map(({ name, kind, fingerprint, inputs, action, reason }) => ({
    stage: name,
    kind,
    fingerprint,
    after: inputs.map(({ stage }) => stage),
    action,
    reason,
  }));
  return { type: 'run.plan', stages };
}
