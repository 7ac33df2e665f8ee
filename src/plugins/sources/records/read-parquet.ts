import { open } from 'node:fs/promises';
import {
  asyncBufferFromFile,
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
  type AsyncBuffer,
  type FileMetaData,
} from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import type { Json, JsonObject } from '../../../base/json.js';
import { reasonOf } from '../../../base/reason.js';
import { ModelFileError } from '../../../model/model-file-error.js';
import type { DataRecord, Field } from './data-record.js';
import { textOfBytes, unreadable } from './file-bytes.js';

const magic = 'PAR1';

/**
 * The rows of a Parquet file, one row group in memory at a time, and of it only the columns asked for; all columns where
 * `fields` is absent. Rejects with a `ModelFileError` that names the columns there, or what is damaged.
 */
export async function* readParquet(
  file: string,
  fields?: readonly Field[],
): AsyncGenerator<DataRecord, void, undefined> {
  await requireMagic(file);
  const buffer = await asyncBufferFromFile(file);
  const metadata = await metadataOf(buffer, file);
  const columns = columnsOf(metadata, file, fields);
  const total = metadata.row_groups.reduce((sum, group) => sum + Number(group.num_rows), 0);
  let rowStart = 0;
  for (const [index, group] of metadata.row_groups.entries()) {
    const rowEnd = rowStart + Number(group.num_rows);
    const rows = await rowsOf({ file: buffer, metadata, columns, rowStart, rowEnd }).catch(
      (cause: unknown) => {
        throw new ModelFileError(
          file,
          `row group ${index + 1} of ${metadata.row_groups.length} cannot be read (${reasonOf(cause)}). Fetch or write ` +
            'the file again.',
          { cause },
        );
      },
    );
    for (const [offset, row] of rows.entries()) {
      const number = rowStart + offset + 1;
      const read = Math.round((buffer.byteLength * number) / total);
      yield { content: row, place: `${file}:row ${number}`, noun: 'row', read };
    }
    rowStart = rowEnd;
  }
}

async function rowsOf(
  rows: Omit<Parameters<typeof parquetReadObjects>[0], 'columns'> & { readonly columns: readonly string[] },
): Promise<readonly JsonObject[]> {
  const found = await parquetReadObjects({
    ...rows,
    columns: [...rows.columns],
    compressors,
    // The package replaces broken characters silently.
    parsers: { stringFromBytes: textOfBytes },
  });
  return found.map((row) =>
    Object.fromEntries(Object.entries(row).map(([key, value]) => [key, jsonOf(value)])),
  );
}

/** A value as JSON knows it: integers of 64 bits and times have no type there. */
function jsonOf(value: unknown): Json {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (value instanceof Date) return value.toISOString();
  if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`;
  if (Array.isArray(value)) return value.map(jsonOf);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, jsonOf(inner)]));
  }
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
}

async function requireMagic(file: string): Promise<void> {
  const handle = await open(file).catch((cause: unknown) => {
    throw unreadable(file, cause);
  });
  try {
    const { size } = await handle.stat();
    const wordAt = async (position: number): Promise<string> => {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(4), 0, 4, position);
      return buffer.toString('latin1', 0, bytesRead);
    };
    if ((await wordAt(0)) !== magic) {
      throw new ModelFileError(
        file,
        `it does not begin with "${magic}", so it is no Parquet file. Give it the suffix of what it is.`,
      );
    }
    if (size >= 12 && (await wordAt(size - 4)) === magic) return;
    throw new ModelFileError(
      file,
      `the file ends after ${size} bytes without the index of a Parquet file: it was cut short. Fetch or write it again.`,
    );
  } finally {
    await handle.close();
  }
}

async function metadataOf(buffer: AsyncBuffer, file: string): Promise<FileMetaData> {
  try {
    return await parquetMetadataAsync(buffer);
  } catch (cause) {
    throw new ModelFileError(
      file,
      `the index at its end cannot be read (${reasonOf(cause)}). Fetch or write the file again.`,
      { cause },
    );
  }
}

function columnsOf(
  metadata: FileMetaData,
  file: string,
  fields: readonly Field[] | undefined,
): readonly string[] {
  const there = parquetSchema(metadata).children.map(({ element }) => element.name);
  if (fields === undefined) return there;
  const missing = fields.find(({ key, optional }) => optional !== true && !there.includes(key));
  if (missing !== undefined) {
    const names = there.map((name) => `"${name}"`).join(', ');
    throw new ModelFileError(
      file,
      `there is no column "${missing.key}". Its columns are ${names || 'none'}; name one of them as "${missing.option}".`,
    );
  }
  return fields.map(({ key }) => key).filter((key) => there.includes(key));
}
