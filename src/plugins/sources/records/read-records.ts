import { ModelFileError } from '../../../model/model-file-error.js';
import { suffixOf } from './data-files.js';
import type { DataRecord, Field } from './data-record.js';
import { readJson, readJsonLines } from './read-json.js';

/**
 * The objects of a .jsonl, .json or .parquet file, read as a stream. Of a Parquet file only the columns that `fields`
 * name are read, all where it is absent. Rejects with a `ModelFileError` that names file and line, row or item.
 */
export async function* readRecords(
  file: string,
  fields?: readonly Field[],
): AsyncGenerator<DataRecord, void, undefined> {
  const suffix = suffixOf(file);
  switch (suffix) {
    case '.jsonl':
      yield* readJsonLines(file);
      return;
    case '.json':
      yield* readJson(file);
      return;
    case '.parquet': {
      const { readParquet } = await import('./read-parquet.js');
      yield* readParquet(file, fields);
      return;
    }
    case '.txt':
      throw new ModelFileError(file, 'plain text has no fields. Name a .jsonl, .json or .parquet file.');
  }
}
