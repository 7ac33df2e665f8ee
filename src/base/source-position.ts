import type { Source } from './span.js';

/** A place as people and editors count it: lines and columns from 1, columns in UTF-16 units. */
export interface SourcePosition {
  readonly line: number;
  readonly column: number;
}

const lineStarts = new WeakMap<Source, readonly number[]>();

/** The offset at which each line begins. Lines end with `\n`, `\r\n` or `\r`. */
function lineStartsOf(source: Source): readonly number[] {
  const known = lineStarts.get(source);
  if (known !== undefined) return known;
  const starts = [
    0,
    ...[...source.text.matchAll(/\r\n|\n|\r/g)].map((match) => match.index + match[0].length),
  ];
  lineStarts.set(source, starts);
  return starts;
}

/** Line and column of an offset; an offset beyond the text counts as its end. */
export function positionOf(source: Source, offset: number): SourcePosition {
  const starts = lineStartsOf(source);
  const inside = Math.max(0, Math.min(offset, source.text.length));
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((starts[middle] ?? 0) <= inside) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: inside - (starts[low] ?? 0) + 1 };
}

/** The text of a line, counted from 1, without its line break. */
export function lineText(source: Source, line: number): string {
  const starts = lineStartsOf(source);
  return source.text.slice(starts[line - 1] ?? 0, starts[line] ?? source.text.length).replace(/[\r\n]+$/, '');
}
