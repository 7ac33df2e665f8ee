import type { ItemSequence } from '../../evaluation/task-item.js';
import type { TokenPair } from './encode-pair.js';

/** What the model is run on for a pair, and how much of the pair it does not see. */
export interface PairSequence extends ItemSequence {
  readonly truncated: number;
}

/**
 * The last `maxLength + 1` tokens of a pair, of which the model sees all but the last; every token of the continuation
 * is scored. Throws `RangeError` where nothing is before the continuation, nothing in it, or it does not fit.
 */
export function pairSequence({ context, continuation }: TokenPair, maxLength: number): PairSequence {
  if (context.length === 0) throw new RangeError('nothing but white space stands before the continuation');
  if (continuation.length === 0) throw new RangeError('the continuation has no token');
  if (continuation.length > maxLength)
    throw new RangeError(
      `the continuation has ${continuation.length} tokens, and the model is to see ${maxLength} at most`,
    );
  const all = [...context, ...continuation];
  const kept = all.slice(-(maxLength + 1));
  return { ...targetsAtEnd(kept.slice(0, -1), continuation), truncated: all.length - kept.length };
}

/** A sequence whose last positions are asked for these targets. */
export function targetsAtEnd(tokens: readonly number[], targets: readonly number[]): ItemSequence {
  const first = tokens.length - targets.length;
  return { tokens, scored: targets.map((target, index) => ({ position: first + index, target })) };
}
