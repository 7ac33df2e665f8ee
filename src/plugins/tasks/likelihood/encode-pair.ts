import { stripEnd } from './python-text.js';
import type { TextEncoder } from './text-encoder.js';

/** How likely is the continuation after the context? */
export interface TextPair {
  readonly context: string;
  readonly continuation: string;
}

/** The same in tokens. */
export interface TokenPair {
  readonly context: readonly number[];
  readonly continuation: readonly number[];
}

/**
 * Encodes a pair as lm-evaluation-harness does. White space at the end of the context moves to the continuation. The
 * pair is encoded as one text, and split by the number of tokens of the context alone: where a merge crosses the
 * border, the start of the continuation is lost. The prefix token stands for an empty context.
 */
export function encodePair(encoder: TextEncoder, { context, continuation }: TextPair): TokenPair {
  if (context === '') {
    const tokens = encoder.encodeAlone(continuation);
    const prefix = encoder.prefix();
    return tokens[0] === prefix
      ? { context: [prefix], continuation: tokens.slice(1) }
      : { context: [prefix], continuation: tokens };
  }
  const stripped = stripEnd(context);
  const whole = encoder.encode(context + continuation);
  const before = encoder.encode(stripped);
  return { context: before, continuation: whole.slice(before.length) };
}
