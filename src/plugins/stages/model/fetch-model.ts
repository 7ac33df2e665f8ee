import type { StageEvent } from '../../../runtime/contract/stage.js';
import { fetchEvents } from '../../fetch-events.js';
import type { HubModel, HubRequest } from '../../hub/hub-request.js';
import { hubSnapshot, type HubSnapshot } from '../../hub/hub-snapshot.js';
import { mendableSteps } from '../../mendable.js';
import { retold } from '../../retold.js';
import { untilAborted } from '../../until-aborted.js';

/**
 * Brings a model into the cache and tells how far it is. Undefined once the signal is aborted; what was fetched stays.
 * Rejects with a `StageFailure`.
 */
export function fetchModel(
  model: HubModel,
  request: HubRequest,
): AsyncGenerator<StageEvent, HubSnapshot | undefined, undefined> {
  const steps = mendableSteps(hubSnapshot(model, request));
  return untilAborted(retold(steps, fetchEvents()), request.signal);
}
