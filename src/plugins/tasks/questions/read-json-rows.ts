import { readFile } from 'node:fs/promises';
import { isJsonObject } from '../../../base/json.js';
import { ModelFileError } from '../../../model/model-file-error.js';
import { JsonRow } from './json-row.js';

/**
 * The first `limit` rows of a JSONL file. Lines end with a line feed alone: other line ends may stand in strings.
 * Rejects with a `ModelFileError` that names file and line.
 */
export async function readJsonRows(file: string, limit = Infinity): Promise<readonly JsonRow[]> {
  const content = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new ModelFileError(file, 'the file does not exist or cannot be read. Check the path.', { cause });
  });
  const rows: JsonRow[] = [];
  for (const [index, line] of content
    .replace(/^\ufeff/, '')
    .split('\n')
    .entries()) {
    if (rows.length >= limit) break;
    if (line.trim() !== '') rows.push(jsonRow(line, `${file}:${index + 1}`));
  }
  if (rows.length === 0) throw new ModelFileError(file, 'there is no row in it. Name a file with questions.');
  return rows;
}

function jsonRow(line: string, place: string): JsonRow {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ModelFileError(place, `this line is not valid JSON (${reason}). Correct or remove it.`, {
      cause,
    });
  }
  if (isJsonObject(value)) return new JsonRow(place, value);
  throw new ModelFileError(place, 'this line is no JSON object. Write one question a line.');
}
