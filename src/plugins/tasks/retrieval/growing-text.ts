import type { TextEncoder } from '../likelihood/text-encoder.js';

/** Tokens that a piece of text became, from `start` on; `end` is behind the last. */
export interface TokenSpan {
  readonly start: number;
  readonly end: number;
}

/**
 * A text that grows piece by piece, and its tokens. Each piece is encoded with all text before it, and split off by the
 * number of tokens that the text before it had, as lm-evaluation-harness splits continuations; so tokens that were read
 * stay as they are.
 */
export class GrowingText {
  readonly tokens: number[];
  private text = '';
  /** Tokens of all text so far where it is encoded at once. */
  private encoded = 0;

  constructor(
    private readonly encoder: TextEncoder,
    start: readonly number[],
  ) {
    this.tokens = [...start];
  }

  /** Appends a piece, which must not end with white space. */
  append(piece: string): TokenSpan {
    const start = this.tokens.length;
    this.text += piece;
    const whole = this.encoder.encode(this.text);
    this.tokens.push(...whole.slice(this.encoded));
    this.encoded = whole.length;
    return { start, end: this.tokens.length };
  }
}
