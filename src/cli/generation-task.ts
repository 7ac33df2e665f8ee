import type { ComponentValue } from '../base/signatures.js';
import type { FoundModel } from './find-model.js';
import type { DecodingBranch } from './load-decoded-model.js';
import type { StreamOptions } from './stream-text.js';

/** What the command line gives to `hpl generate`. */
export interface GenerateOptions extends StreamOptions {
  readonly branch: DecodingBranch;
  readonly backend: string;
  readonly store?: string;
  readonly use?: readonly string[];
}

/** A model that was found, what computes, and what to write; the prompt is the text itself. */
export interface GenerationTask {
  readonly found: FoundModel;
  readonly backend: ComponentValue;
  readonly options: GenerateOptions;
}
