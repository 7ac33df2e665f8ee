import type { Palette } from './palette.js';
import type { ResultTable } from './result-table.js';
import { splitColumns } from './split-columns.js';
import { displayWidth, pad, wrapText } from './text-width.js';

/**
 * A table as lines of at most `width` columns. Where its columns do not fit side by side they stand in several tables,
 * one below the other, each with the first column; and where a column does not fit even so, every row is a block.
 */
export function renderTable(table: ResultTable, width: number, palette: Palette): readonly string[] {
  const title = table.title === '' ? [] : wrapText(table.title, width).map((line) => palette.bold(line));
  const notes = table.notes.flatMap((note) => wrapText(note, width)).map((line) => palette.dim(line));
  const body = bodyOf(table, width, palette);
  return [...title, ...(title.length > 0 ? [''] : []), ...body, ...(notes.length > 0 ? [''] : []), ...notes];
}

function bodyOf(table: ResultTable, width: number, palette: Palette): readonly string[] {
  const gap = [3, 2, 1].find((one) => totalWidth(table, one) <= width);
  if (gap !== undefined) return grid(table, gap, palette);
  const parts = splitColumns({ widths: columnWidths(table), gap: 2, width });
  if (parts === undefined) return blocks(table, width, palette);
  return parts.flatMap((columns, index) => [
    ...(index > 0 ? [''] : []),
    ...grid(withColumns(table, columns), 2, palette),
  ]);
}

/** Some columns of a table; rows that say nothing in them are left out. */
function withColumns(table: ResultTable, columns: readonly number[]): ResultTable {
  return {
    ...table,
    columns: columns.flatMap((index) => table.columns[index] ?? []),
    rows: table.rows
      .map((row) => columns.map((index) => row[index] ?? ''))
      .filter(([, ...cells]) => cells.some((cell) => cell !== '')),
  };
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
      const cell = row[column + 1] ?? '';
      const lines = cell === '' ? [] : wrapText(cell, Math.max(8, width - nameWidth - 4));
      return lines.map((line, part) => `  ${pad(part === 0 ? name : '', nameWidth)}  ${line}`.trimEnd());
    }),
  ]);
}
