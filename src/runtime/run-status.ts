import type { RunBody, StageBody } from './contract/events.js';

/** What the events of a run's stages add up to. */
export interface RunTally {
  readonly failed: number;
  readonly interrupted: number;
  readonly unmetGates: number;
}

export const emptyTally: RunTally = { failed: 0, interrupted: 0, unmetGates: 0 };

/** Why a stage was not started when the user interrupted the run. */
export const interruptedRun = 'the run was interrupted';

/** Counts one event in. */
export function tallyEvent(tally: RunTally, event: StageBody): RunTally {
  switch (event.type) {
    case 'stage.failed':
      return { ...tally, failed: tally.failed + 1 };
    case 'stage.interrupted':
      return { ...tally, interrupted: tally.interrupted + 1 };
    case 'stage.skipped':
      return event.because === interruptedRun ? { ...tally, interrupted: tally.interrupted + 1 } : tally;
    case 'stage.gate':
      return event.met ? tally : { ...tally, unmetGates: tally.unmetGates + 1 };
    default:
      return tally;
  }
}

export type UserSignal = 'SIGINT' | 'SIGTERM';

export interface RunEnd {
  readonly seconds: number;
  readonly resume: string;
  readonly signal: UserSignal | undefined;
}

/** The last event of a run: an interrupt counts more than a failure, a failure more than a gate that is not met. */
export function finishRun(tally: RunTally, { seconds, resume, signal }: RunEnd): RunBody {
  const finished = { type: 'run.finished', seconds } as const;
  if (tally.interrupted > 0) {
    return { ...finished, status: 'interrupted', exitCode: signal === 'SIGTERM' ? 143 : 130, resume };
  }
  if (tally.failed > 0) return { ...finished, status: 'failed', exitCode: 1, resume };
  if (tally.unmetGates > 0) return { ...finished, status: 'gate-not-met', exitCode: 4 };
  return { ...finished, status: 'done', exitCode: 0 };
}
