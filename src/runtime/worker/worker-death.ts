import { formatBytes } from '../../base/format-quantity.js';
import type { Interrupt } from './executor.js';
import type { WorkEnd } from './worker-message.js';

/** How a worker process ended that did not say so itself. */
export interface WorkerDeath {
  readonly code: number | null;
  readonly signal: string | null;
  /** What the user asked for. */
  readonly interrupt: Interrupt | undefined;
  /** Set when it was ended for its silence. */
  readonly silentSeconds?: number;
  /** No heartbeat came since its last word: it computes without a pause. */
  readonly isBlocked: boolean;
  /** The most memory that it was seen to take, where the system says. */
  readonly peakBytes?: number | undefined;
  /** The last line that it printed as an error. */
  readonly lastError: string;
}

const resume = 'Run again: it goes on from its last checkpoint.';

/** Puts a worker's death into words. */
export function explainDeath(death: WorkerDeath): WorkEnd {
  if (death.silentSeconds !== undefined) return explainSilence(death.silentSeconds, death.isBlocked);
  // A worker that has not yet learnt to listen dies of the first signal.
  const isObedient =
    death.interrupt === 'abort' || (death.interrupt !== undefined && death.signal === 'SIGINT');
  if (isObedient) return { type: 'interrupted', step: 0 };
  if (death.lastError.includes('heap out of memory') || death.lastError.includes('std::bad_alloc')) {
    return outOfMemory(`The worker process ran out of memory: ${death.lastError.trim()}`, death);
  }
  if (death.signal === 'SIGKILL') {
    return outOfMemory(
      'The worker process was killed from outside (SIGKILL). Most often the system does that when memory runs out.',
      death,
    );
  }
  const how =
    death.signal === null ? `ended with code ${death.code ?? 'unknown'}` : `died of ${death.signal}`;
  const last = death.lastError === '' ? '' : ` Its last words: ${death.lastError.trim()}`;
  return {
    type: 'failed',
    cause: `The worker process ${how} before its work was done.${last}`,
    remedy: `${resume} If it happens again, a library that the plugin uses is broken; the log has what it printed.`,
  };
}

function explainSilence(seconds: number, isBlocked: boolean): WorkEnd {
  const state = isBlocked
    ? 'it computes one step without a pause'
    : 'its process lives, but waits for something that does not come';
  return {
    type: 'failed',
    cause: `The stage hangs: no sign of progress for ${seconds} s; ${state}.`,
    remedy: `${resume} If a step really takes that long, raise the limit with HPL_SILENCE_SECONDS.`,
  };
}

function outOfMemory(cause: string, { peakBytes }: WorkerDeath): WorkEnd {
  const peak = peakBytes === undefined ? '' : ` It was seen to take ${formatBytes(peakBytes)} of memory.`;
  return {
    type: 'failed',
    cause: `${cause}${peak}`,
    remedy: `Give it more memory, or make batches, context or model smaller. ${resume}`,
  };
}
