import type { StageReference } from '../../../base/signatures.js';
import { StageFailure } from '../../../runtime/contract/stage.js';
import { heldOutRows, isText } from '../../evaluation/held-out-rows.js';
import type { TaskContext } from '../../evaluation/task.js';

/**
 * The whole sentences of held-out rows of text, in their order, without those in which one of the words stands.
 * Throws `StageFailure` where there are none.
 */
export async function heldOutSentences(
  context: TaskContext,
  data: StageReference,
  without: readonly string[],
): Promise<readonly string[]> {
  const rows = (await heldOutRows(context, data)).filter(isText);
  const taken = new RegExp(`\\b(${without.join('|')})\\b`, 'i');
  const sentences = rows
    .flatMap(({ tokens }) => sentencesIn(context.decode(tokens)))
    .filter((sentence) => !taken.test(sentence));
  if (sentences.length > 0) return sentences;
  throw new StageFailure(
    `The held-out rows of the data set "${data.stage}" have no whole sentence to put between pairs and queries. Name ` +
      'another data set, or leave "data" out.',
  );
}

/** Whole sentences alone: a row begins and ends anywhere. */
function sentencesIn(text: string): readonly string[] {
  return text
    .replaceAll(/\s+/g, ' ')
    .split(/(?<=[.!?]) /)
    .filter((sentence) => /^[A-Z][^<>]*[.!?]$/.test(sentence));
}
