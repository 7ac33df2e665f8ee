import type { StageReference } from '../../base/signatures.js';
import { StageFailure } from '../../runtime/contract/stage.js';
import { loadDataset, type TokenRows } from '../dataset-artifact.js';
import type { TaskContext } from './task.js';

/** One row that was held out from training. */
export interface HeldOutRow {
  readonly tokens: readonly number[];
  /** Whether each token can be predicted from those before it. */
  readonly counts: readonly boolean[];
}

/**
 * The held-out rows of a data set. Throws `StageFailure` when there are none, or when another tokenizer made them than
 * the model's.
 */
export async function heldOutRows(
  context: TaskContext,
  reference: StageReference,
): Promise<readonly HeldOutRow[]> {
  const dataset = await loadDataset(context.stage.input(reference));
  if (dataset.tokenizer !== context.tokenizerFingerprint)
    throw new StageFailure(
      `The data set "${reference.stage}" was made with another tokenizer than that of the model. Name the model as the ` +
        '"tokenizer" of the data set.',
    );
  if (dataset.validation.count === 0)
    throw new StageFailure(
      `The data set "${reference.stage}" has no held-out rows. Raise its "holdout", or give it more text.`,
    );
  return splitRows(dataset.validation);
}

/** Whether every token of the row but the first can be predicted: text, not a row of questions. */
export function isText({ counts }: HeldOutRow): boolean {
  return counts.every((count, index) => index === 0 || count);
}

function splitRows({ context, count, tokens, scored }: TokenRows): readonly HeldOutRow[] {
  return Array.from({ length: count }, (_, row) => ({
    tokens: Array.from(tokens.subarray(row * context, (row + 1) * context)),
    counts: Array.from(scored.subarray(row * context, (row + 1) * context), (weight) => weight > 0),
  }));
}
