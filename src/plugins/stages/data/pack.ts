import { StageFailure } from '../../../runtime/contract/stage.js';
import type { TokenRows } from '../../dataset-artifact.js';
import type { Row } from '../../sources/source.js';

export type Rows = readonly Row[];

/** Cuts tokens into rows of `context`, a rest left out; every token but a row's first counts once. */
export function packRows(tokens: Int32Array, context: number, part: 'train' | 'validation'): Rows {
  const count = Math.floor(tokens.length / context);
  if (count === 0) {
    const what = part === 'train' ? 'training text' : 'held-out text';
    throw new StageFailure(
      `The ${what} has ${tokens.length} tokens, too few for one row of ${context}. Add text, shorten "context", or ` +
        `${part === 'train' ? 'lower' : 'raise'} "holdout".`,
    );
  }
  const scored = Array.from({ length: context }, (_, position) => (position === 0 ? 0 : 1));
  return Array.from({ length: count }, (_, row) => ({
    tokens: [...tokens.subarray(row * context, (row + 1) * context)],
    scored,
  }));
}

/** Rows as the flat arrays of a data set. */
export function rowsOf(rows: Rows, context: number): TokenRows {
  const tokens = new Int32Array(rows.length * context);
  const scored = new Uint8Array(rows.length * context);
  rows.forEach((row, index) => {
    tokens.set(row.tokens, index * context);
    scored.set(row.scored, index * context);
  });
  return { context, count: rows.length, tokens, scored };
}
