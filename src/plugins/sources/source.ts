import type { Seed } from '../../base/seed.js';
import type { Tokenizer } from '../../model/tokenizer.js';
import type { StageEvent } from '../../runtime/contract/stage.js';

/** A part of a document. */
export interface Piece {
  readonly text: string;
  /** Whether its tokens are learnt: an answer is, the prompt before it is not. */
  readonly scored: boolean;
}

/** One text, conversation or task with its answer. */
export interface Document {
  /** Where it came from, for messages: `speeches.jsonl:12`. */
  readonly origin: string;
  /** One after the other; each is tokenised on its own. */
  readonly pieces: readonly Piece[];
  /** Whether the token that separates documents goes before it. Chat templates write tokens of their own. */
  readonly separated: boolean;
  /** Whether it goes on where the document before it stopped: a text too long to be held in memory. */
  readonly continues?: boolean;
}

/** What a source of documents says while it reads. */
export type SourceStep =
  | { readonly type: 'document'; readonly document: Document }
  | Extract<StageEvent, { type: 'log' | 'progress' }>;

/** What a source of documents may use. */
export interface SourceContext {
  /** Resolves what the pipeline file names. */
  readonly path: (option: string) => string;
  readonly tokenizer: Tokenizer;
  /** Aborted by the first Ctrl-C: a fetch then rejects. */
  readonly signal: AbortSignal;
}

/** One row of exactly `context` tokens, and the weight of each as a target (0, 1 or more). */
export interface Row {
  readonly tokens: readonly number[];
  readonly scored: readonly number[];
}

/** Tokens that may lie in a file: an `Int32Array` is one. */
export interface TokenText {
  readonly length: number;
  subarray(start: number, end: number): Int32Array;
}

/** What a source of rows may draw from. */
export interface RowMaterial {
  readonly tokenizer: Tokenizer;
  readonly context: number;
  /** The tokens of the texts of this part: training rows never see held-out text. */
  readonly text: TokenText;
  readonly seed: Seed;
}

/** Where a data set comes from: the product of a `source` component. */
export type Source =
  | {
      readonly gives: 'documents';
      /** Reads all documents, one in memory at a time. Rejects with a `ModelFileError`. */
      documents(context: SourceContext): AsyncIterable<SourceStep, unknown, undefined>;
    }
  | {
      readonly gives: 'rows';
      /** How many rows of training data to make. Of validation data it makes the held-out share of that. */
      readonly count: number;
      /** Row number `index`; the same material and index give the same row. */
      row(material: RowMaterial, index: number): Row;
    };
