import stringWidth from 'string-width';
import { lineText, positionOf } from './source-position.js';
import type { Span } from './span.js';

/** One underlined place of a frame. */
export interface FrameLabel {
  readonly span: Span;
  /** Written behind the underline. */
  readonly text?: string;
}

/** How the parts of a frame are painted; every function may be the identity. */
export interface FrameColors {
  readonly gutter: (text: string) => string;
  readonly underline: (text: string) => string;
}

const plain: FrameColors = { gutter: (text) => text, underline: (text) => text };

const tabWidth = 4;
const maximalWidth = 100;
const minimalWidth = 20;

/** One label cut to one line: columns are UTF-16 offsets within the line. */
interface LineLabel {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * The source lines of all labels, with each label underlined. All labels must be of the same source. Tabs become
 * spaces, wide characters count double, of a line that does not fit into `columns` only the surroundings of its first
 * label are shown, and of a label over many lines only the first.
 */
export function codeFrame(
  labels: readonly FrameLabel[],
  colors: FrameColors = plain,
  columns = Infinity,
): readonly string[] {
  const byLine = new Map<number, LineLabel[]>();
  for (const { span, text = '' } of labels) {
    const { line, column } = positionOf(span.source, span.start);
    const length = lineText(span.source, line).length;
    const start = Math.min(column - 1, length);
    const end = Math.max(start, Math.min(length, start + span.end - span.start));
    byLine.set(line, [...(byLine.get(line) ?? []), { start, end, text }]);
  }
  const source = labels[0]?.span.source;
  if (source === undefined) return [];
  const lines = [...byLine.keys()].sort((left, right) => left - right);
  const gutterWidth = String(lines.at(-1) ?? 1).length;
  const gutter = (text: string): string => colors.gutter(`  ${text.padStart(gutterWidth)} | `);
  const width = Math.max(minimalWidth, Math.min(maximalWidth, columns - gutterWidth - 5));
  return lines.flatMap((line, index) => {
    const shown = lineFrame(lineText(source, line), byLine.get(line) ?? [], width);
    const isGap = index > 0 && line - (lines[index - 1] ?? 0) > 1;
    return [
      ...(isGap ? [colors.gutter(`  ${'.'.repeat(gutterWidth)} |`)] : []),
      `${gutter(String(line))}${shown.text}`.trimEnd(),
      ...shown.underlines.map((underline) => `${gutter('')}${colors.underline(underline)}`),
    ];
  });
}

function lineFrame(
  line: string,
  labels: readonly LineLabel[],
  width: number,
): { readonly text: string; readonly underlines: readonly string[] } {
  const sorted = [...labels].sort((left, right) => left.start - right.start);
  const first = sorted[0]?.start ?? 0;
  // A third of the room is for what stands before the label.
  const from = stringWidth(expandTabs(line)) > width ? Math.max(0, first - Math.floor(0.3 * width)) : 0;
  const head = from > 0 ? '…' : '';
  const full = expandTabs(line.slice(from));
  const isCut = stringWidth(head + full) > width;
  const text = head + (isCut ? `${cutTo(full, width - 2)}…` : full);
  const columnOf = (offset: number): number =>
    Math.min(width, stringWidth(head + expandTabs(line.slice(from, Math.max(from, offset)))));
  return { text, underlines: sorted.map((label) => underline(label, columnOf)) };
}

function underline(label: LineLabel, columnOf: (offset: number) => number): string {
  const start = columnOf(label.start);
  const width = Math.max(1, columnOf(label.end) - start);
  const words = label.text === '' ? '' : ` ${label.text}`;
  return `${' '.repeat(start)}${'~'.repeat(width)}${words}`;
}

function expandTabs(text: string): string {
  let column = 0;
  let expanded = '';
  for (const character of text) {
    const shown = character === '\t' ? ' '.repeat(tabWidth - (column % tabWidth)) : printable(character);
    column += stringWidth(shown);
    expanded += shown;
  }
  return expanded;
}

/** Control characters would move the cursor, so that the underline would stand elsewhere. */
function printable(character: string): string {
  return /\p{Cc}/u.test(character) ? '\uFFFD' : character;
}

function cutTo(text: string, width: number): string {
  let shown = '';
  for (const character of text) {
    if (stringWidth(shown + character) > width) break;
    shown += character;
  }
  return shown;
}
