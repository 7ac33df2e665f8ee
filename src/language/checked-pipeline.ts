import type { Json, JsonObject } from '../base/json.js';
import type { ComponentValue } from '../base/signatures.js';
import type { Span } from '../base/span.js';

/** A pipeline whose every name is resolved and whose every option has passed its schema. Only this can be planned. */
export interface CheckedPipeline {
  readonly phase: 'checked';
  readonly name: string;
  /** The pipeline file's path; paths inside options are relative to its folder. */
  readonly file: string;
  readonly seed: number;
  readonly backend: ComponentValue;
  readonly params: readonly CheckedParam[];
  /** Plugin files named by `use`, as absolute paths. */
  readonly uses: readonly string[];
  /** In the order of the file; every reference points to a stage of this list; there are no cycles. */
  readonly stages: readonly CheckedStage[];
}

export interface CheckedParam {
  readonly name: string;
  readonly value: Json;
  readonly origin: 'file' | '--set';
}

export interface CheckedStage {
  readonly name: string;
  readonly kind: string;
  /** Defaults filled in, units in base units, references, components, schedules and conditions as JSON. */
  readonly options: JsonObject;
  /** Every reference inside the options, in order of appearance. */
  readonly inputs: readonly CheckedInput[];
  /** Where each value that was written stands, by its JSON pointer inside the options: `/precision`. */
  readonly settings: ReadonlyMap<string, Span>;
  /** The block's head, for messages about the stage as a whole. */
  readonly span: Span;
}

export interface CheckedInput {
  /** JSON pointer of the reference inside the options: `/model`, `/tasks/0/options/data`. */
  readonly pointer: string;
  readonly stage: string;
}
