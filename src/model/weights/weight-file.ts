import type { ArrayTensor } from './safetensors.js';

/** An open file of weights under Hugging Face names, read tensor by tensor. The caller closes it. */
export interface WeightFile {
  /** The path, for messages. */
  readonly file: string;
  readonly entries: ReadonlyMap<string, WeightEntry>;
  /** Reads one tensor in single precision. Rejects with a `ModelFileError`. */
  read(name: string): Promise<ArrayTensor>;
  close(): Promise<void>;
}

/** What is known of a tensor before it is read. */
export interface WeightEntry {
  /** The type in the file. */
  readonly type: string;
  readonly shape: readonly number[];
}
