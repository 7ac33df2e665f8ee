import { ModelFileError } from '../model/model-file-error.js';
import { StageFailure } from '../runtime/contract/stage.js';

/** Runs work on files; a file that cannot be used becomes a failure that the user can mend. */
export async function mendable<Value>(work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    throw mended(error);
  }
}

/** As `mendable`, for work that says things on the way. */
export async function* mendableSteps<Step, Result>(
  steps: AsyncIterable<Step, Result, undefined>,
): AsyncGenerator<Step, Result, undefined> {
  try {
    return yield* steps;
  } catch (error) {
    throw mended(error);
  }
}

function mended(error: unknown): unknown {
  return error instanceof ModelFileError ? new StageFailure(error.message, { cause: error }) : error;
}
