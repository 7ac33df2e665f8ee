import { ModelFileError } from '../../../model/model-file-error.js';
import { StageFailure, type StageEvent } from '../../../runtime/contract/stage.js';
import { fetchEvents } from '../../fetch-events.js';
import type { HubModel, HubRequest } from '../../hub/hub-request.js';
import { hubSnapshot, type HubSnapshot } from '../../hub/hub-snapshot.js';

/**
 * Brings a model into the cache and tells how far it is. Undefined once the signal is aborted; what was fetched stays.
 * Rejects with a `StageFailure`.
 */
export async function* fetchModel(
  model: HubModel,
  request: HubRequest,
): AsyncGenerator<StageEvent, HubSnapshot | undefined, undefined> {
  const steps = hubSnapshot(model, request);
  const events = fetchEvents();
  try {
    for (;;) {
      const step = await nextStep(steps, request.signal);
      if (step === undefined) return undefined;
      if (step.done) return step.value;
      yield* events(step.value);
    }
  } finally {
    await steps.return(undefined);
  }
}

type Steps = ReturnType<typeof hubSnapshot>;

async function nextStep(
  steps: Steps,
  signal: AbortSignal,
): Promise<Awaited<ReturnType<Steps['next']>> | undefined> {
  try {
    return await steps.next();
  } catch (error) {
    if (signal.aborted) return undefined;
    if (error instanceof ModelFileError) throw new StageFailure(error.message, { cause: error });
    throw error;
  }
}
