import { ModelFileError } from '../../model/model-file-error.js';

/** What a file of the cache holds; nothing where it is damaged. */
export function parsed(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return undefined;
  }
}

/** That a file of the cache is damaged; `gain` is what unsetting HF_HUB_OFFLINE is good for. */
export function damaged(path: string, gain: string): ModelFileError {
  return new ModelFileError(path, `it is damaged. Delete it, and unset HF_HUB_OFFLINE ${gain}.`);
}
