import { join } from 'node:path';
import { AppendingFile } from './appending-file.js';

/** The two parts of a data set, as the names of their files begin. */
export type Part = 'train' | 'validation';

/** One row of a data set. */
export interface TokenRow {
  /** As many as `context` says. */
  readonly tokens: Int32Array;
  /** The weight of each token as a target; 0 where those before it cannot tell it. */
  readonly scored: Uint8Array;
}

/** Equally long rows of token ids. They may be more than memory holds, so each is read when it is asked for. */
export interface TokenRows {
  /** Tokens of a row. */
  readonly context: number;
  /** Number of rows. */
  readonly count: number;
  /** Row number `index`, from 0. */
  row(index: number): TokenRow;
}

/** Writes the rows of one part of a data set, row by row. */
export class RowWriter {
  readonly #tokens: AppendingFile;
  readonly #scored: AppendingFile;
  #count = 0;

  constructor(folder: string, part: Part) {
    this.#tokens = new AppendingFile(join(folder, `${part}.bin`));
    this.#scored = new AppendingFile(join(folder, `${part}.scored.bin`));
  }

  /** Rows written so far. */
  get count(): number {
    return this.#count;
  }

  append({ tokens, scored }: TokenRow): void {
    this.#tokens.append(tokens);
    this.#scored.append(scored);
    this.#count += 1;
  }

  close(): void {
    try {
      this.#tokens.close();
    } finally {
      this.#scored.close();
    }
  }
}
