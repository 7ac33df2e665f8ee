import type { Seed } from '../../../base/seed.js';
import { randomOrder } from './random-order.js';

/** How long each document is, in tokens. */
export interface DocumentLengths {
  readonly count: number;
  /** Tokens of all documents. */
  readonly length: number;
  lengthOf(document: number): number;
}

/**
 * Sets about `share` of all tokens aside: whole documents in a random order, as long as at least one is left to train
 * on. A document that alone is more than needed is cut, its end held out. Gives how many tokens at the end of each
 * document are held out, for those of which any are.
 */
export function holdOut(documents: DocumentLengths, share: number, seed: Seed): ReadonlyMap<number, number> {
  const held = new Map<number, number>();
  let missing = Math.max(1, Math.round(documents.length * share));
  for (const document of randomOrder(documents.count, seed)) {
    if (missing <= 0) break;
    const length = documents.lengthOf(document);
    const cut = length > 2 * missing || held.size === documents.count - 1;
    const count = Math.min(length, cut ? missing : length);
    held.set(document, count);
    missing -= count;
  }
  return held;
}
