import { join } from 'node:path';
import { ModelFileError } from '../../model/model-file-error.js';
import { hubName, hubNoun, type HubModel } from './hub-request.js';
import type { HubSettings } from './hub-settings.js';

/** The folder of a model or data set in the cache, where Hugging Face's Python library has it. */
export function hubPlace({ kind, repository }: HubModel, { cache }: HubSettings): string {
  return join(cache, `${kind === 'dataset' ? 'datasets' : 'models'}--${repository.replace('/', '--')}`);
}

/** Whether a revision is a commit itself: then it means the same for ever. */
export function isCommit(revision: string): boolean {
  return /^[0-9a-f]{40}$/.test(revision);
}

/** That something is not in the cache, and may not be fetched. */
export function notCached(model: HubModel, { cache }: HubSettings): ModelFileError {
  return new ModelFileError(
    hubName(model),
    `it is not in ${cache}, and HF_HUB_OFFLINE is set. Unset it, or fetch the ${hubNoun(model)} elsewhere.`,
  );
}
