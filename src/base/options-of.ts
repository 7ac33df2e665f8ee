import type { Condition } from './condition.js';
import type { OptionSchema, OptionsSchema } from './json-schema.js';
import type { ComponentValue, Schedule, StageReference } from './signatures.js';

/** The value that passes one property's schema: our own keywords first, then `enum`, then `type`. */
export type OptionValue<Schema extends OptionSchema> = Schema extends { readonly 'x-plugin': unknown }
  ? ComponentValue
  : Schema extends { readonly 'x-ref': unknown }
    ? StageReference
    : Schema extends { readonly 'x-schedule': true }
      ? Schedule
      : Schema extends { readonly 'x-condition': true }
        ? Condition
        : PlainValue<Schema>;

type PlainValue<Schema extends OptionSchema> = Schema extends { readonly enum: readonly (infer Member)[] }
  ? Member
  : Schema extends { readonly type: 'array'; readonly items: infer Item extends OptionSchema }
    ? readonly OptionValue<Item>[]
    : Schema extends { readonly type: 'number' | 'integer' }
      ? number
      : Schema extends { readonly type: 'string' }
        ? string
        : Schema extends { readonly type: 'boolean' }
          ? boolean
          : unknown;

/** The keys that are there after checking: required ones, and those with a default. */
type PresentKey<Schema extends OptionsSchema> = {
  [Key in keyof Schema['properties']]: Schema['properties'][Key] extends { readonly default: unknown }
    ? Key
    : Schema extends { readonly required: readonly (infer Required)[] }
      ? Key extends Required
        ? Key
        : never
      : never;
}[keyof Schema['properties']];

/** The options of a plugin after checking, as its schema constant says: defaults are filled in. */
export type OptionsOf<Schema extends OptionsSchema> = {
  readonly [Key in PresentKey<Schema>]: OptionValue<Schema['properties'][Key]>;
} & {
  readonly [Key in Exclude<keyof Schema['properties'], PresentKey<Schema>>]?: OptionValue<
    Schema['properties'][Key]
  >;
};
