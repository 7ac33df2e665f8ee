import type { PlannedStageNote, RunBody, RunEvent, StageBody } from '../runtime/contract/events.js';
import { stageAfter, waitingStage, type StageState } from './stage-state.js';

export type RunHeader = Extract<RunBody, { type: 'run.started' }> & { readonly run: string };
export type RunEnd = Extract<RunBody, { type: 'run.finished' }>;

/** All that a reader wants to know of a run at one moment: a fold over its events. Holds no clock and no file. */
export interface RunState {
  readonly header?: RunHeader;
  readonly plan: readonly PlannedStageNote[];
  /** By name, in the order of the plan. */
  readonly stages: ReadonlyMap<string, StageState>;
  /** Milliseconds since 1970 of the first and the latest event. */
  readonly startedAt?: number;
  readonly latestAt?: number;
  readonly end?: RunEnd;
}

/** The state before the first event. */
export const emptyRunState: RunState = { plan: [], stages: new Map() };

/** The state after one more event. Pure. */
export function runStateAfter(state: RunState, event: RunEvent): RunState {
  const at = Date.parse(event.time);
  const timed = { ...state, startedAt: state.startedAt ?? at, latestAt: at };
  switch (event.type) {
    case 'run.started':
      return { ...timed, header: event };
    case 'run.plan':
      return { ...timed, plan: event.stages, stages: new Map(event.stages.map(plannedEntry)) };
    case 'run.finished':
      return { ...timed, end: event };
    default:
      return { ...timed, stages: withStage(state.stages, event, at) };
  }
}

/** The file that holds every event of a run, in the store's own layout. */
export function eventFile(header: RunHeader): string {
  return `${header.store}/runs/${header.run}/events.jsonl`;
}

function plannedEntry(note: PlannedStageNote): [string, StageState] {
  return [note.stage, waitingStage(note.stage, note)];
}

function withStage(
  stages: ReadonlyMap<string, StageState>,
  event: StageBody,
  at: number,
): ReadonlyMap<string, StageState> {
  const before = stages.get(event.stage) ?? waitingStage(event.stage);
  return new Map(stages).set(event.stage, stageAfter(before, event, at));
}
