import type { Diagnostic } from '../../base/diagnostic.js';
import type { Json, JsonObject } from '../../base/json.js';
import type { OptionSchema, OptionsSchema } from '../../base/json-schema.js';
import type { ComponentSignature } from '../../base/signatures.js';
import type { Span } from '../../base/span.js';
import type { Dimension } from '../../base/units.js';
import type { Body, Value } from '../ast.js';
import type { CheckedInput } from '../checked-pipeline.js';
import type { Program } from '../resolve.js';

/** Where a value goes: into the options at this pointer, under this schema. */
export interface Place {
  readonly pointer: string;
  /** The setting as the user knows it, for messages. */
  readonly key: string;
  readonly schema: OptionSchema;
  /** Where the user wrote the param whose value this is. */
  readonly via?: Span;
}

/** A metric that a condition names. */
export interface MetricUse {
  readonly name: string;
  readonly span: Span;
}

/** Numbers with a unit on either side of a comparison, and the metrics that they are compared with. */
export interface ComparisonUse {
  readonly metrics: readonly MetricUse[];
  readonly numbers: readonly { readonly dimension: Dimension; readonly span: Span }[];
}

/** A component that was read, with what a rule of its own needs to be asked and told. */
export interface ComponentUse {
  readonly signature: ComponentSignature;
  /** With defaults; lacks what failed. */
  readonly options: JsonObject;
  readonly place: Pick<SettingsPlace, 'pointer' | 'owner' | 'head'>;
}

/** Settings in braces: those of a stage, of a component, or of the pipeline. */
export interface SettingsPlace {
  readonly pointer: string;
  readonly schema: OptionsSchema;
  /** `the stage "maps"`, `the optimizer "adamw"`. */
  readonly owner: string;
  /** What a message about the whole points at. */
  readonly head: Span;
}

/** Reading the settings of one stage: what is known, and what is gathered on the way. */
export interface Scope {
  readonly program: Program;
  /** Reads a value as the place's schema wants it; undefined where that failed and was reported. */
  readonly evaluate: (value: Value, place: Place) => Json | undefined;
  /** Reads settings in braces, with defaults filled in. */
  readonly settings: (body: Body, place: SettingsPlace) => JsonObject;
  readonly report: (diagnostic: Diagnostic) => void;
  /** Says that something is absent from the options because it was reported already. */
  readonly poison: () => void;
  /** The value's place in the text, by pointer. */
  readonly places: Map<string, Span>;
  readonly inputs: CheckedInput[];
  readonly metrics: MetricUse[];
  readonly comparisons: ComparisonUse[];
  readonly components: ComponentUse[];
}

/** Reports and gives nothing, so that whoever asked knows that the value is missing for a reason. */
export function fail(scope: Scope, place: Place, diagnostic: Diagnostic): undefined {
  const used = place.via === undefined ? [] : [{ message: 'used here', span: place.via }];
  scope.report({ ...diagnostic, related: [...diagnostic.related, ...used] });
  scope.poison();
  return undefined;
}
