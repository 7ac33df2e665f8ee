import { canonicalJson, isJsonObject, type Json, type JsonObject } from '../../../base/json.js';
import { ModelFileError } from '../../../model/model-file-error.js';

/** One line or row of a data file, with its place for messages. Every getter throws a `ModelFileError` that names both. */
export class JsonRow {
  constructor(
    readonly place: string,
    private readonly content: JsonObject,
    /** What the file calls its records. */
    private readonly noun: 'line' | 'row' | 'item' = 'line',
  ) {}

  /** A string. */
  text(key: string): string {
    const value = this.value(key);
    if (typeof value === 'string') return value;
    throw this.unfit(key, 'a string');
  }

  /** A list of strings. */
  texts(key: string): readonly string[] {
    const value = this.value(key);
    if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
    throw this.unfit(key, 'a list of strings');
  }

  /** An index of `count` choices: a number, or a string with one. */
  index(key: string, count: number): number {
    const value = this.value(key);
    const index = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
    if (typeof index === 'number' && Number.isInteger(index) && index >= 0 && index < count) return index;
    throw this.unfit(key, `an index from 0 to ${count - 1}`);
  }

  /** A record inside the row. */
  row(key: string): JsonRow {
    const value = this.value(key);
    if (isJsonObject(value)) return new JsonRow(this.place, value, this.noun);
    throw this.unfit(key, 'an object');
  }

  /** Whether both hold the same. */
  equals(other: JsonRow): boolean {
    return canonicalJson(this.content) === canonicalJson(other.content);
  }

  has(key: string): boolean {
    return this.content[key] !== undefined;
  }

  value(key: string): Json {
    const value = this.content[key];
    if (value !== undefined) return value;
    const keys = Object.keys(this.content).map((name) => `"${name}"`);
    throw new ModelFileError(
      this.place,
      `this ${this.noun} has no "${key}". Its keys are ${keys.join(', ') || 'none'}. Name the file that belongs to this task.`,
    );
  }

  /** What to throw for a value of the wrong form. */
  unfit(key: string, expected: string): ModelFileError {
    const found = JSON.stringify(this.value(key));
    const shown = found.length > 60 ? `${found.slice(0, 60)}…` : found;
    return new ModelFileError(
      this.place,
      `"${key}" is ${shown}, not ${expected}. Correct or remove this ${this.noun}.`,
    );
  }
}
