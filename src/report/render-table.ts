import type { Palette } from './palette.js';
import type { ResultTable } from './result-table.js';
import { displayWidth, pad, wrapText } from './text-width.js';

/** A table as lines of at most `width` columns: aligned columns, or one block a row where they do not fit side by side. */
export function renderTable(table: ResultTable, width: number, palette: Palette): readonly string[] {
  const gaps = [3, 2, 1].map((gap) => ({ gap, total: totalWidth(table, gap) }));
  const fitting = gaps.find(({ total }) => total <= width);
  const title = table.title === '' ? [] : wrapText(table.title, width).map((line) => palette.bold(line));
  const notes = table.notes.flatMap((note) => wrapText(note, width)).map((line) => palette.dim(line));
  const body = fitting === undefined ? blocks(table, width, palette) : grid(table, fitting.gap, palette);
  return [...title, ...(title.length > 0 ? [''] : []), ...body, ...(notes.length > 0 ? [''] : []), ...notes];
}

/** The widths of a table's columns in characters of a terminal. */
function columnWidths(table: Pick<ResultTable, 'columns' | 'rows'>): readonly number[] {
  return table.columns.map((column, index) =>
    Math.max(displayWidth(column.name), ...table.rows.map((row) => displayWidth(row[index] ?? ''))),
  );
}

function totalWidth(table: ResultTable, gap: number): number {
  const widths = columnWidths(table);
  return widths.reduce((sum, width) => sum + width, 0) + gap * (widths.length - 1);
}

function grid(table: ResultTable, gap: number, palette: Palette): readonly string[] {
  const widths = columnWidths(table);
  const space = ' '.repeat(gap);
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, index) => pad(cell, widths[index] ?? 0, table.columns[index]?.align))
      .join(space)
      .trimEnd();
  const rule = palette.dim('─'.repeat(totalWidth(table, gap)));
  const head = palette.dim(line(table.columns.map((column) => column.name)));
  const rows = table.rows.map((row) => emphasise(line(row), row[0] ?? '', palette));
  return [head, rule, ...rows];
}

/** The first cell is the row's name; it stands out. */
function emphasise(line: string, name: string, palette: Palette): string {
  return name !== '' && line.startsWith(name) ? palette.bold(name) + line.slice(name.length) : line;
}

function blocks(table: ResultTable, width: number, palette: Palette): readonly string[] {
  const names = table.columns.slice(1).map((column) => column.name);
  const nameWidth = Math.max(0, ...names.map(displayWidth));
  return table.rows.flatMap((row, index) => [
    ...(index > 0 ? [''] : []),
    ...wrapText(row[0] ?? '', width).map((line) => palette.bold(line)),
    ...names.flatMap((name, column) => {
      const lines = wrapText(row[column + 1] ?? '', Math.max(8, width - nameWidth - 4));
      return lines.map((line, part) => `  ${pad(part === 0 ? name : '', nameWidth)}  ${line}`.trimEnd());
    }),
  ]);
}
