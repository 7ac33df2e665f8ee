import type { Table } from './result-table.js';

/** Tables as a Markdown document, each with its notes as a list below. */
export function tablesMarkdown(tables: readonly Table[]): string {
  return tables
    .map((table) =>
      [
        `## ${table.title}`,
        '',
        line(table.columns.map(({ name }) => name)),
        line(table.columns.map(({ align }) => (align === 'right' ? '---:' : '---'))),
        ...table.rows.map(line),
        ...(table.notes.length === 0 ? [] : ['', ...table.notes.map((note) => `- ${note}`)]),
        '',
      ].join('\n'),
    )
    .join('\n');
}

function line(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}
