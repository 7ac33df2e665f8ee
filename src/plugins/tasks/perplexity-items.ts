import type { JsonObject } from '../../base/json.js';
import type { StageReference } from '../../base/signatures.js';
import { heldOutRows, type HeldOutRow } from '../evaluation/held-out-rows.js';
import type { Task, TaskItem } from '../evaluation/task.js';

/** Every token of a held-out row that can be predicted is asked for, given the ones before it. */
export function perplexityTask(options: JsonObject): Task {
  return {
    items: async (context) => {
      const rows = await heldOutRows(context, options['data'] as StageReference);
      const count = Math.min(Number(options['sequences']), rows.length);
      return Array.from({ length: count }, (_, index) => Math.floor((index * rows.length) / count))
        .flatMap((row) => textItem(`row-${row}`, rows[row]))
        .filter(({ scored }) => scored.length > 0);
    },
  };
}

function textItem(id: string, row: HeldOutRow | undefined): readonly TaskItem[] {
  if (row === undefined) return [];
  const scored = row.tokens
    .map((target, index) => ({ position: index - 1, target }))
    .filter((_, index) => index > 0 && row.counts[index]);
  return [{ id, tokens: row.tokens, scored }];
}
