import type { Seed } from '../../../src/base/seed.js';

/** Rows of a part, tokens and weights. */
export interface PlainRows {
  readonly tokens: readonly (readonly number[])[];
  readonly scored: readonly (readonly number[])[];
}

export interface PlainParts {
  readonly train: PlainRows;
  readonly validation: PlainRows;
}

/** A token, and its weight as a target. */
export interface Weighted {
  readonly token: number;
  readonly weight: number;
}

/**
 * What the data stage makes of documents, done in memory in the plainest way: the stage, which
 * works on files, must make the same.
 */
export function partsInMemory(
  documents: readonly (readonly Weighted[])[],
  { context, share, seed }: { readonly context: number; readonly share: number; readonly seed: Seed },
): PlainParts {
  const total = documents.flat().length;
  const stream = seed.child('holdout').stream();
  const order = documents
    .map((tokens, index) => ({ tokens, index, turn: stream.next() }))
    .sort((a, b) => a.turn - b.turn);
  const held = documents.map(() => 0);
  let heldDocuments = 0;
  let missing = Math.max(1, Math.round(total * share));
  for (const { tokens, index } of order) {
    if (missing <= 0) break;
    const cut = tokens.length > 2 * missing || heldDocuments === documents.length - 1;
    held[index] = Math.min(tokens.length, cut ? missing : tokens.length);
    missing -= held[index];
    heldDocuments += 1;
  }
  return {
    train: rows(
      documents.flatMap((tokens, index) => tokens.slice(0, tokens.length - held[index]!)),
      context,
    ),
    validation: rows(
      documents.flatMap((tokens, index) => tokens.slice(tokens.length - held[index]!)),
      context,
    ),
  };
}

function rows(tokens: readonly Weighted[], context: number): PlainRows {
  const cut = Array.from({ length: Math.floor(tokens.length / context) }, (_, row) =>
    tokens
      .slice(row * context, (row + 1) * context)
      .map(({ token, weight }, position) => ({ token, weight: position === 0 ? 0 : weight })),
  ).filter((row) => row.some(({ weight }) => weight > 0));
  return {
    tokens: cut.map((row) => row.map(({ token }) => token)),
    scored: cut.map((row) => row.map(({ weight }) => weight)),
  };
}
