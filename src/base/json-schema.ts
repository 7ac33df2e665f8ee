import type { ArtifactType, ComponentKind } from './plugin-kinds.js';
import type { Dimension } from './units.js';
import type { Json } from './json.js';

/**
 * The JSON Schema of a plugin's options: the one source for checking, defaults, documentation and completion.
 * A plain JSON Schema (draft 07) plus keywords of our own, which say what JSON Schema cannot.
 */
export interface OptionSchema {
  readonly type?: 'object' | 'array' | 'number' | 'integer' | 'string' | 'boolean';
  readonly description?: string;
  readonly default?: Json;
  readonly enum?: readonly Json[];
  readonly const?: Json;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly minLength?: number;
  readonly pattern?: string;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly items?: OptionSchema;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, OptionSchema>>;
  readonly additionalProperties?: boolean;
  /** The dimension that a written unit must have; bare numbers are accepted too. */
  readonly 'x-unit'?: Dimension;
  /** A component of this kind goes here; its JSON is `{ plugin, options }`. */
  readonly 'x-plugin'?: ComponentKind;
  /** A reference to a stage whose output has this type; its JSON is `{ stage }`. */
  readonly 'x-ref'?: ArtifactType | readonly ArtifactType[];
  /** A condition over the stage's metrics; its JSON is a `Condition`. */
  readonly 'x-condition'?: true;
  /** A schedule; its JSON is `{ schedule: number[] }`; a single number is a schedule of one. */
  readonly 'x-schedule'?: true;
  /**
   * A path, relative to the pipeline file. The content of `file`, `folder` and `either` is part of the fingerprint;
   * `output` is a folder that receives a copy of the artifact once the stage is finished or found cached.
   */
  readonly 'x-path'?: 'file' | 'folder' | 'either' | 'output';
  /** Does not change the result, so does not enter the fingerprint. */
  readonly 'x-cache'?: 'ignore';
}

/** The schema of a whole options record: always an object that names every key. */
export interface OptionsSchema extends OptionSchema {
  readonly type: 'object';
  readonly additionalProperties: false;
  readonly properties: Readonly<Record<string, OptionSchema>>;
}
