import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JsonObject } from '../../base/json.js';
import { itemToJson } from './item-json.js';
import type { TaskResults } from './measurement.js';
import { tablesMarkdown } from './table-markdown.js';
import type { Table } from './result-table.js';

/** What a report artifact holds. */
export interface ReportContent {
  readonly report: JsonObject;
  readonly tables: readonly Table[];
  readonly tasks: readonly TaskResults[];
}

/** Writes report.json (everything), items.jsonl (one line an item and branch) and report.md (the tables). */
export async function writeReport(folder: string, { report, tables, tasks }: ReportContent): Promise<void> {
  await writeFile(join(folder, 'report.json'), `${JSON.stringify(report, null, 2)}\n`);
  await writeFile(join(folder, 'items.jsonl'), tasks.flatMap(itemLines).join(''));
  await writeFile(join(folder, 'report.md'), tablesMarkdown(tables));
}

function itemLines(task: TaskResults): readonly string[] {
  return [...task.branches].flatMap(([branch, items]) =>
    items.map((item) => `${JSON.stringify({ task: task.name, branch, ...itemToJson(item) })}\n`),
  );
}
