import type { Diagnostic } from '../base/diagnostic.js';
import { failed, ok, type Result } from '../base/result.js';
import type { Source } from '../base/span.js';
import { parse } from './parse.js';
import { linesOf, type Line } from './print-lines.js';
import { spaced } from './print-spacing.js';

/**
 * The text of a file in the one layout: two spaces a level, one space between words, the `=` of neighbouring settings
 * under one another, at most one empty line. Line breaks stay where the author put them, and every comment is kept.
 * Refuses, with the diagnostics, a file with syntax errors; other errors do not matter here.
 */
export function print(source: Source): Result<string, readonly Diagnostic[]> {
  const { diagnostics, written } = parse(source);
  if (diagnostics.length > 0) return failed(diagnostics);
  const lines = withoutExtraGaps(linesOf(written));
  const widths = headWidths(lines);
  return ok(lines.map((line, index) => `${printLine(line, widths[index] ?? 0)}\n`).join(''));
}

function printLine({ depth, tokens, head, comment }: Line, headWidth: number): string {
  const first = spaced(tokens.slice(0, head));
  const rest = spaced(tokens.slice(head));
  const text = head === 0 ? rest : `${first.padEnd(headWidth)} ${rest}`;
  const gap = text === '' || comment === '' ? '' : '  ';
  return text === '' && comment === '' ? '' : `${'  '.repeat(depth)}${text}${gap}${comment}`;
}

function isEmpty(line: Line | undefined): boolean {
  return line === undefined || (line.tokens.length === 0 && line.comment === '');
}

/** At most one empty line, and none at the edges of the file or of a bracket. */
function withoutExtraGaps(lines: readonly Line[]): readonly Line[] {
  let before: Line | undefined;
  return lines.filter((line, index) => {
    const isKept = !isEmpty(line) || (!isEmpty(before) && before?.opens !== true && !endsGroup(lines, index));
    if (isKept) before = line;
    return isKept;
  });
}

function endsGroup(lines: readonly Line[], index: number): boolean {
  const after = lines.slice(index).find((line) => !isEmpty(line));
  return after === undefined || after.closes;
}

/** For each line the width to which its part before `=` is filled: that of the widest neighbour. */
function headWidths(lines: readonly Line[]): readonly number[] {
  const widths: number[] = [];
  let start = 0;
  while (start < lines.length) {
    let end = start + 1;
    while (end < lines.length && areNeighbours(lines[end - 1], lines[end])) end += 1;
    const group = lines.slice(start, end);
    const width = Math.max(...group.map(({ tokens, head }) => spaced(tokens.slice(0, head)).length));
    widths.push(...group.map(() => width));
    start = end;
  }
  return widths;
}

function areNeighbours(above: Line | undefined, below: Line | undefined): boolean {
  if (above === undefined || below === undefined) return false;
  const isSetting = (line: Line): boolean => line.head > 0 && !line.isPartial;
  return isSetting(above) && isSetting(below) && above.head === below.head && above.depth === below.depth;
}
