import type { StageReference } from '../../base/signatures.js';
import { StageFailure } from '../../runtime/contract/stage.js';
import { loadDataset } from '../dataset-artifact.js';
import type { TokenRows } from '../dataset-rows.js';
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

function splitRows(rows: TokenRows): readonly HeldOutRow[] {
  return Array.from({ length: rows.count }, (_, index) => {
    const { tokens, scored } = rows.row(index);
    return { tokens: Array.from(tokens), counts: Array.from(scored, (weight) => weight > 0) };
  });
}
