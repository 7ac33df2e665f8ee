import type { StageEvent } from '../runtime/contract/stage.js';
import { byteProgress } from './byte-progress.js';
import type { FetchProgress } from './packages/fetch-progress.js';

/** What a stage tells of a fetch. */
export type FetchEvent = Extract<StageEvent, { type: 'log' | 'progress' }>;

/** Tells how far a fetch is: steps in words, bytes not more often than is of use. */
export function fetchEvents(): (progress: FetchProgress) => Generator<FetchEvent, void, undefined> {
  const bytes = byteProgress();
  return function* (progress) {
    if (progress.type === 'bytes') yield* bytes(progress.done, progress.of);
    else yield { type: 'log', level: 'info', message: progress.message };
  };
}
