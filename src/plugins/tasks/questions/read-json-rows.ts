import { ModelFileError } from '../../../model/model-file-error.js';
import { statOf } from '../../sources/records/data-files.js';
import { readRecords } from '../../sources/records/read-records.js';
import { JsonRow } from './json-row.js';

/**
 * The first `limit` rows of a .jsonl, .json or .parquet file. Rejects with a `ModelFileError` that names file and line.
 */
export async function readJsonRows(file: string, limit = Infinity): Promise<readonly JsonRow[]> {
  await statOf(file);
  const rows: JsonRow[] = [];
  for await (const { place, content, noun } of readRecords(file)) {
    rows.push(new JsonRow(place, content, noun));
    if (rows.length >= limit) break;
  }
  if (rows.length === 0) throw new ModelFileError(file, 'there is no row in it. Name a file with questions.');
  return rows;
}
