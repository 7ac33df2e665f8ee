import { isJsonObject, type Json, type JsonObject } from '../base/json.js';

/** A finished table of results, every cell already in words. Stages put them into their summary under `tables`. */
export interface ResultTable {
  readonly title: string;
  readonly columns: readonly TableColumn[];
  readonly rows: readonly (readonly string[])[];
  /** Sentences printed below. */
  readonly notes: readonly string[];
}

export interface TableColumn {
  readonly name: string;
  readonly align: 'left' | 'right';
}

/** The tables in a stage's summary. What is no table is left out, since another version may have written it. */
export function readTables(summary: JsonObject): readonly ResultTable[] {
  return list(summary['tables']).flatMap((entry) => {
    if (!isJsonObject(entry)) return [];
    const columns = list(entry['columns']).flatMap(readColumn);
    if (columns.length === 0) return [];
    return [
      {
        title: text(entry['title']),
        columns,
        rows: list(entry['rows']).map((row) => columns.map((_, index) => text(list(row)[index]))),
        notes: list(entry['notes']).map(text),
      },
    ];
  });
}

function readColumn(column: Json): readonly TableColumn[] {
  if (typeof column === 'string') return [{ name: column, align: 'left' }];
  if (!isJsonObject(column)) return [];
  return [{ name: text(column['name']), align: column['align'] === 'right' ? 'right' : 'left' }];
}

function list(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}

function text(value: Json | undefined): string {
  if (typeof value === 'string') return value;
  return value === undefined || value === null ? '' : JSON.stringify(value);
}
