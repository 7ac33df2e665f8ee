import type { JsonObject } from './json.js';
import type { OptionsSchema } from './json-schema.js';
import type { ArtifactType, ComponentKind } from './plugin-kinds.js';

/** A quantity that a stage reports and that `stop` and `require` may name. */
export interface MetricDeclaration {
  /** Dotted, as written in a condition: `validation.loss`, `linear.recall.accuracy`. */
  readonly name: string;
  readonly description: string;
  readonly unit?: string;
  readonly better?: 'lower' | 'higher';
}

/** What the language has to know of one kind of block. */
export interface StageSignature {
  readonly kind: string;
  readonly summary: string;
  readonly options: OptionsSchema;
  readonly output: ArtifactType;
  /** The metrics that a stage with these options (defaults applied) emits. Pure. */
  metrics(options: JsonObject): readonly MetricDeclaration[];
  /** Rules between options that a schema cannot say. Pure; pointers as in `OptionProblem`. */
  check(options: JsonObject): readonly OptionProblem[];
}

/** What the language has to know of one component. */
export interface ComponentSignature {
  readonly kind: ComponentKind;
  readonly name: string;
  readonly summary: string;
  readonly options: OptionsSchema;
  /** As `check` of a stage, with pointers into these options; where there are such rules. */
  check?(options: JsonObject): readonly OptionProblem[];
}

/** One breach of a schema, placed by JSON pointer (`/optimizer/options/learning_rate`). */
export interface OptionProblem {
  readonly pointer: string;
  /** `required`, `additionalProperties`, `type`, `enum`, `minimum` … or `rule` for a plugin's own check. */
  readonly keyword: string;
  /** A whole sentence in the user's words: what was found, what is expected, what to do. */
  readonly message: string;
  /** The missing or unknown key, where the keyword is `required` or `additionalProperties`. */
  readonly key?: string;
}

/** Everything that the language knows about plugins; the composition root hands it over. */
export interface Signatures {
  readonly stages: ReadonlyMap<string, StageSignature>;
  /** By kind, then by name. */
  readonly components: ReadonlyMap<ComponentKind, ReadonlyMap<string, ComponentSignature>>;
  /** Validates against a schema and fills in defaults. Components inside are validated on their own. */
  validate(schema: OptionsSchema, options: JsonObject): ValidatedOptions;
}

export interface ValidatedOptions {
  readonly options: JsonObject;
  readonly problems: readonly OptionProblem[];
}

/** How a component stands in options. */
export interface ComponentValue extends JsonObject {
  readonly plugin: string;
  readonly options: JsonObject;
}

/** How a reference to another stage's output stands in options. */
export interface StageReference extends JsonObject {
  readonly stage: string;
}

/** How a schedule stands in options: its values in equal parts of the stage. */
export interface Schedule extends JsonObject {
  readonly schedule: readonly number[];
}
