import { isDiskFull } from '../../base/system-error.js';
import { ModelFileError } from '../../model/model-file-error.js';
import { hubName, type HubModel, type HubRequest } from './hub-request.js';

/** Work in the hub's cache, with a full disk in words: it is the cache's, which need not be that of the store. */
export async function* tellFullCache<Step, Value>(
  steps: AsyncGenerator<Step, Value, undefined>,
  model: HubModel,
  { settings }: HubRequest,
): AsyncGenerator<Step, Value, undefined> {
  try {
    return yield* steps;
  } catch (cause) {
    if (!isDiskFull(cause)) throw cause;
    throw new ModelFileError(
      hubName(model),
      `the disk of ${settings.cache} is full. Free some space, or set HF_HUB_CACHE to a folder on a larger disk. Then run again.`,
      { cause },
    );
  }
}
