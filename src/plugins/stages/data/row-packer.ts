import type { RowWriter } from '../../dataset-rows.js';
import type { WeightedTokens } from './token-documents.js';

/** How documents become rows. */
export interface Packing {
  /** Tokens of a row. */
  readonly context: number;
  /** The token that fills up rows where each document begins one; undefined where documents follow one another. */
  readonly padding: number | undefined;
}

/**
 * Cuts tokens into rows. A row's first token never counts, for nothing stands before it; a row in which no token counts
 * is left out, and so is a rest at the end.
 */
export class RowPacker {
  readonly #tokens: Int32Array;
  readonly #scored: Uint8Array;
  #filled = 0;
  #leftOut = 0;

  constructor(
    private readonly writer: RowWriter,
    private readonly packing: Packing,
  ) {
    this.#tokens = new Int32Array(packing.context);
    this.#scored = new Uint8Array(packing.context);
  }

  /** Rows left out because nothing in them counts. */
  get leftOut(): number {
    return this.#leftOut;
  }

  add({ tokens, weights }: WeightedTokens): void {
    for (let done = 0; done < tokens.length; ) {
      const count = Math.min(tokens.length - done, this.packing.context - this.#filled);
      this.#tokens.set(tokens.subarray(done, done + count), this.#filled);
      this.#scored.set(weights.subarray(done, done + count), this.#filled);
      this.#filled += count;
      done += count;
      if (this.#filled === this.packing.context) this.#write();
    }
  }

  endDocument(): void {
    const { padding } = this.packing;
    if (padding === undefined || this.#filled === 0) return;
    this.#tokens.fill(padding, this.#filled);
    this.#scored.fill(0, this.#filled);
    this.#write();
  }

  #write(): void {
    this.#filled = 0;
    this.#scored[0] = 0;
    if (this.#scored.some((weight) => weight > 0)) {
      this.writer.append({ tokens: this.#tokens, scored: this.#scored });
    } else {
      this.#leftOut += 1;
    }
  }
}
