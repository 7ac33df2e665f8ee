import type { Seed } from '../../../base/seed.js';

/** One document as tokens. */
export interface TokenisedDocument {
  readonly origin: string;
  readonly tokens: readonly number[];
}

/** The tokens of each part, documents one after the other. */
export interface Parts {
  readonly train: Int32Array;
  readonly validation: Int32Array;
}

/**
 * Sets about `share` of all tokens aside: whole documents in a random order, as long as at least one is left to train
 * on. A document that alone is more than needed is cut, its end held out.
 */
export function holdOut(documents: readonly TokenisedDocument[], share: number, seed: Seed): Parts {
  const total = documents.reduce((sum, { tokens }) => sum + tokens.length, 0);
  const wanted = Math.max(1, Math.round(total * share));
  const stream = seed.stream();
  const order = documents
    .map((document, index) => ({ document, index, turn: stream.next() }))
    .sort((a, b) => a.turn - b.turn);
  const held = new Map<number, number>();
  let missing = wanted;
  for (const { document, index } of order) {
    if (missing <= 0) break;
    const { length } = document.tokens;
    const cut = length > 2 * missing || held.size === documents.length - 1;
    const count = Math.min(length, cut ? missing : length);
    held.set(index, count);
    missing -= count;
  }
  const heldOf = (index: number): number => held.get(index) ?? 0;
  return {
    train: joined(documents, (tokens, index) => tokens.slice(0, tokens.length - heldOf(index))),
    validation: joined(documents, (tokens, index) => tokens.slice(tokens.length - heldOf(index))),
  };
}

function joined(
  documents: readonly TokenisedDocument[],
  part: (tokens: readonly number[], index: number) => readonly number[],
): Int32Array {
  const parts = documents.map(({ tokens }, index) => part(tokens, index));
  const all = new Int32Array(parts.reduce((sum, tokens) => sum + tokens.length, 0));
  let position = 0;
  for (const tokens of parts) {
    all.set(tokens, position);
    position += tokens.length;
  }
  return all;
}
