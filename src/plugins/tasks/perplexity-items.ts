import type { JsonObject } from '../../base/json.js';
import type { StageReference } from '../../base/signatures.js';
import { heldOutRows, isText, type HeldOutRow } from '../evaluation/held-out-rows.js';
import type { LocalTask } from '../evaluation/task.js';
import type { SequenceItem } from '../evaluation/task-item.js';

/**
 * Every token of a held-out row but the first is asked for, given the ones before it. Rows of questions, which recall
 * sequences are, are left out where there is text; where there is none, their predictable tokens are asked for.
 */
export function perplexityTask(options: JsonObject): LocalTask {
  return {
    items: async (context) => {
      const heldOut = await heldOutRows(context, options['data'] as StageReference);
      const texts = heldOut.filter(isText);
      const rows = texts.length > 0 ? texts : heldOut;
      const count = Math.min(Number(options['sequences']), rows.length);
      return Array.from({ length: count }, (_, index) => Math.floor((index * rows.length) / count))
        .flatMap((row) => textItem(`row-${row}`, rows[row]))
        .filter(({ scored }) => scored.length > 0);
    },
  };
}

function textItem(id: string, row: HeldOutRow | undefined): readonly SequenceItem[] {
  if (row === undefined) return [];
  const scored = row.tokens
    .map((target, index) => ({ position: index - 1, target }))
    .filter((_, index) => index > 0 && row.counts[index]);
  return [{ id, tokens: row.tokens, scored }];
}
