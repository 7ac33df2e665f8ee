/** One text that the user wrote, under the name by which they know it. */
export interface Source {
  /** The path as the user gave it. */
  readonly file: string;
  readonly text: string;
}

/** A half-open range of UTF-16 offsets in one source. */
export interface Span {
  readonly source: Source;
  readonly start: number;
  readonly end: number;
}
