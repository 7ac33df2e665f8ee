import type { Seed } from '../../base/seed.js';
import type { Tokenizer } from '../../model/tokenizer.js';

/** One text, and where it came from, for messages: `speeches.jsonl:12`. */
export interface Document {
  readonly text: string;
  readonly origin: string;
}

/** One row of exactly `context` tokens, and the weight of each as a target (0, 1 or more). */
export interface Row {
  readonly tokens: readonly number[];
  readonly scored: readonly number[];
}

/** What a source of rows may draw from. */
export interface RowMaterial {
  readonly tokenizer: Tokenizer;
  readonly context: number;
  /** The tokens of the texts of this part: training rows never see held-out text. */
  readonly text: Int32Array;
  readonly seed: Seed;
}

/** Where a data set comes from: the product of a `source` component. */
export type Source =
  | {
      readonly gives: 'documents';
      /** Reads all documents; `path` resolves what the pipeline file names. Rejects with a `ModelFileError`. */
      documents(path: (option: string) => string): Promise<readonly Document[]>;
    }
  | {
      readonly gives: 'rows';
      /** How many rows of training data to make. Of validation data it makes the held-out share of that. */
      readonly count: number;
      /** Row number `index`; the same material and index give the same row. */
      row(material: RowMaterial, index: number): Row;
    };
