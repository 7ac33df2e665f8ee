import { ModelFileError } from '../../../model/model-file-error.js';
import { StageFailure, type StageEvent } from '../../../runtime/contract/stage.js';
import type { HubModel, HubRequest } from '../../hub/hub-request.js';
import { hubSnapshot, type HubSnapshot } from '../../hub/hub-snapshot.js';

const megabyte = 1e6;

/**
 * Brings a model into the cache and tells how far it is. Undefined once the signal is aborted; what was fetched stays.
 * Rejects with a `StageFailure`.
 */
export async function* fetchModel(
  model: HubModel,
  request: HubRequest,
): AsyncGenerator<StageEvent, HubSnapshot | undefined, undefined> {
  const steps = hubSnapshot(model, request);
  let told = -1;
  try {
    for (;;) {
      const step = await nextStep(steps, request.signal);
      if (step === undefined) return undefined;
      if (step.done) return step.value;
      const { done, of } = step.value;
      const whole = Math.floor(done / megabyte);
      if (whole === told) continue;
      told = whole;
      yield { type: 'progress', step: whole, of: Math.ceil(of / megabyte), unit: 'MB' };
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
