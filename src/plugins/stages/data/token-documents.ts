import { join } from 'node:path';
import { AppendingFile } from '../../appending-file.js';

/** A stretch of tokens, and the weight of each as a target. */
export interface WeightedTokens {
  readonly tokens: Int32Array;
  readonly weights: Uint8Array;
}

/** Tokens that are read at once. */
const window = 1 << 18;

/**
 * Tokenised documents in two files, so that only their lengths are in memory: 16 bytes a document. First all are
 * appended, then any part of them is read.
 */
export class TokenDocuments {
  readonly #tokens: AppendingFile;
  readonly #weights: AppendingFile;
  #starts = new Float64Array(1024);
  #count = 0;
  #length = 0;

  constructor(folder: string) {
    this.#tokens = new AppendingFile(join(folder, 'tokens'));
    this.#weights = new AppendingFile(join(folder, 'weights'));
  }

  /** Number of documents. */
  get count(): number {
    return this.#count;
  }

  /** Tokens of all documents. */
  get length(): number {
    return this.#length;
  }

  /** Begins a document; what is appended belongs to it. */
  begin(): void {
    if (this.#count === this.#starts.length) {
      const longer = new Float64Array(2 * this.#count);
      longer.set(this.#starts);
      this.#starts = longer;
    }
    this.#starts[this.#count] = this.#length;
    this.#count += 1;
  }

  append(tokens: readonly number[], weight: 0 | 1): void {
    this.#tokens.append(Int32Array.from(tokens));
    this.#weights.append(new Uint8Array(tokens.length).fill(weight));
    this.#length += tokens.length;
  }

  lengthOf(document: number): number {
    return this.#end(document) - (this.#starts[document] ?? 0);
  }

  /** The tokens `from` to `to` of a document, in stretches that fit in memory. Each is good until the next is read. */
  *read(document: number, from: number, to: number): Generator<WeightedTokens, void, undefined> {
    const start = this.#starts[document] ?? 0;
    for (let position = start + from; position < start + to; position += window) {
      yield this.#stretch(position, Math.min(window, start + to - position));
    }
  }

  close(): void {
    this.#tokens.close();
    this.#weights.close();
  }

  #end(document: number): number {
    return document + 1 < this.#count ? (this.#starts[document + 1] ?? 0) : this.#length;
  }

  /** What was read last. */
  #cached: WeightedTokens = { tokens: new Int32Array(0), weights: new Uint8Array(0) };
  #cachedAt = 0;
  /** Where the last stretch ended. */
  #endOfLast = 0;

  #stretch(position: number, length: number): WeightedTokens {
    const cachedEnd = this.#cachedAt + this.#cached.tokens.length;
    if (position < this.#cachedAt || position + length > cachedEnd) {
      // Short documents in their order are read many at a time; in any other order that would read all but nothing.
      const ahead = position === this.#endOfLast ? window : length;
      this.#cached = this.#load(position, Math.min(ahead, this.#length - position));
      this.#cachedAt = position;
    }
    this.#endOfLast = position + length;
    const offset = position - this.#cachedAt;
    return {
      tokens: this.#cached.tokens.subarray(offset, offset + length),
      weights: this.#cached.weights.subarray(offset, offset + length),
    };
  }

  #load(position: number, length: number): WeightedTokens {
    const tokens = new Int32Array(length);
    const weights = new Uint8Array(length);
    this.#tokens.read(tokens, 4 * position);
    this.#weights.read(weights, position);
    return { tokens, weights };
  }
}
