import type { Tokenizer } from '../tokenizer.js';

/** Shown by tokenizers for bytes that are no whole character yet. */
const incomplete = '\uFFFD';

/** Tokens of a character at most; what is incomplete for longer is no character at all. */
const patience = 8;

/**
 * The text of tokens as they come. A character may be spread over tokens, and the text of a token may depend on the one
 * before it, so each piece is the difference that new tokens make behind the last ones given out. Memory is constant.
 */
export class TextStream {
  #before: readonly number[];
  #pending: readonly number[] = [];

  /** `prompt` is what the text continues. */
  constructor(
    private readonly tokenizer: Pick<Tokenizer, 'decode'>,
    prompt: readonly number[],
  ) {
    this.#before = prompt.slice(-patience);
  }

  /** The text that is complete with this token; empty while a character lacks bytes. */
  push(token: number): string {
    this.#pending = [...this.#pending, token];
    const isWhole = !this.tokenizer.decode([...this.#before, ...this.#pending]).endsWith(incomplete);
    return isWhole || this.#pending.length >= patience ? this.end() : '';
  }

  /** What is left, complete or not. */
  end(): string {
    const known = this.tokenizer.decode(this.#before);
    const text = this.tokenizer.decode([...this.#before, ...this.#pending]).slice(known.length);
    if (this.#pending.length > 0) this.#before = this.#pending;
    this.#pending = [];
    return text;
  }
}
