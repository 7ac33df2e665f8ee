import type { JsonObject } from '../../../base/json.js';
import { ModelFileError } from '../../../model/model-file-error.js';

/** One object of a data file: a line, a row, or an item of a list. */
export interface DataRecord {
  readonly content: JsonObject;
  /** File and position, for messages: `texts.jsonl:3`. */
  readonly place: string;
  /** What the file calls its records. */
  readonly noun: 'line' | 'row' | 'item';
  /** Bytes of the file that are read with it, for progress. */
  readonly read: number;
}

/** A key that a reader wants, and the option that names it. */
export interface Field {
  readonly key: string;
  readonly option: string;
  /** Whether records may lack it. */
  readonly optional?: boolean;
}

/** The text under a key; "" where an optional one is missing. Throws a `ModelFileError` that names the place. */
export function textOf(record: DataRecord, field: Field): string {
  const value = valueOf(record, field);
  if (typeof value === 'string') return value;
  // A missing value of a column, which no user can take out of the file by hand.
  if (value === undefined || (value === null && (record.noun === 'row' || field.optional === true))) {
    return '';
  }
  throw unfit(record, field, 'no text. Put it in quotes or remove');
}

/** The value under a key; undefined where an optional one is missing. Throws a `ModelFileError`. */
export function valueOf({ content, place, noun }: DataRecord, { key, option, optional }: Field): unknown {
  const value = content[key];
  if (value !== undefined || optional === true) return value;
  const keys = Object.keys(content).map((name) => `"${name}"`);
  throw new ModelFileError(
    place,
    `this ${noun} has no text under "${key}". Its keys are ${keys.join(', ') || 'none'}; name one of them as "${option}".`,
  );
}

/** What to throw for a value of the wrong form; `problem` ends with what to do to the record. */
export function unfit({ content, place, noun }: DataRecord, { key }: Field, problem: string): ModelFileError {
  const found = JSON.stringify(content[key]).slice(0, 40);
  return new ModelFileError(place, `"${key}" of this ${noun} is ${found}, ${problem} the ${noun}.`);
}
