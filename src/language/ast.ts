import type { Span } from '../base/span.js';

/** A word with its place. */
export interface Name {
  readonly kind: 'name';
  readonly text: string;
  readonly span: Span;
}

/** A whole `.hpl` file as written; nothing is decided yet about what may stand where. */
export interface File {
  readonly kind: 'file';
  readonly items: readonly Item[];
  readonly span: Span;
}

/** What a file or a body holds. */
export type Item = Version | Use | Pipeline | Param | Setting | Block;

/** `hpl 1`. */
export interface Version {
  readonly kind: 'version';
  readonly text: string;
  readonly span: Span;
}

/** `use "./plugin.ts"`. */
export interface Use {
  readonly kind: 'use';
  readonly path: StringValue;
  readonly span: Span;
}

/** `pipeline name { … }`. */
export interface Pipeline {
  readonly kind: 'pipeline';
  readonly name: Name;
  readonly body: Body;
  readonly span: Span;
}

/** `param name = value`. */
export interface Param {
  readonly kind: 'param';
  readonly name: Name;
  readonly value: Value;
  readonly span: Span;
}

/** `key = value`. */
export interface Setting {
  readonly kind: 'setting';
  readonly key: Name;
  readonly value: Value;
  readonly span: Span;
}

/** `kind name { … }`; the name may be forgotten. */
export interface Block {
  readonly kind: 'block';
  readonly type: Name;
  readonly name?: Name;
  readonly body: Body;
  readonly span: Span;
}

export interface Body {
  readonly kind: 'body';
  readonly items: readonly Item[];
  /** Something inside could not be read, so nothing can be said about what is missing. */
  readonly isDamaged: boolean;
  readonly span: Span;
}

/** What stands behind `=`, in lists and in conditions. */
export type Value =
  | NumberValue
  | StringValue
  | BooleanValue
  | Word
  | List
  | Range
  | Component
  | FunctionCall
  | ScheduleValue
  | Operation
  | Negation
  | Held
  | Missing;

export interface NumberValue {
  readonly kind: 'number';
  readonly value: number;
  readonly unit?: Name;
  readonly span: Span;
}

export interface StringValue {
  readonly kind: 'string';
  /** Escapes replaced. */
  readonly value: string;
  readonly span: Span;
}

export interface BooleanValue {
  readonly kind: 'boolean';
  readonly value: boolean;
  readonly span: Span;
}

/** A bare word or a dotted one: enumeration, component, reference, param or metric, as its place decides. */
export interface Word {
  readonly kind: 'word';
  /** `validation.loss`. */
  readonly text: string;
  readonly span: Span;
}

export interface List {
  readonly kind: 'list';
  readonly elements: readonly Value[];
  readonly span: Span;
}

/** `1..3`, both ends included. */
export interface Range {
  readonly kind: 'range';
  readonly from: Value;
  readonly to: Value;
  readonly span: Span;
}

/** `hedgehog { size = 32 }`. */
export interface Component {
  readonly kind: 'component';
  readonly name: Name;
  readonly body: Body;
  readonly span: Span;
}

/** `plateau(validation.loss, 3 evals)`. */
export interface FunctionCall {
  readonly kind: 'function';
  readonly name: Name;
  readonly arguments: readonly Value[];
  readonly span: Span;
}

/** `0.9 -> 0.75 -> 0.5`. */
export interface ScheduleValue {
  readonly kind: 'schedule';
  readonly steps: readonly Value[];
  readonly span: Span;
}

export type Operator = 'and' | 'or' | '<' | '<=' | '>' | '>=' | '==' | '!=' | '+' | '-' | '*' | '/';

export interface Operation {
  readonly kind: 'operation';
  readonly operator: Operator;
  readonly left: Value;
  readonly right: Value;
  readonly span: Span;
}

/** `not x` or `-x`. */
export interface Negation {
  readonly kind: 'negation';
  readonly operator: 'not' | '-';
  readonly operand: Value;
  readonly span: Span;
}

/** `x for 2 evals`. */
export interface Held {
  readonly kind: 'held';
  readonly operand: Value;
  readonly duration: NumberValue;
  readonly span: Span;
}

/** Where a syntax error stands in place of a value; reported already. */
export interface Missing {
  readonly kind: 'missing';
  readonly span: Span;
}
