import { constants } from 'node:buffer';
import { open, readFile, stat } from 'node:fs/promises';
import { isJsonObject, type JsonObject } from '../../../base/json.js';
import { reasonOf } from '../../../base/reason.js';
import { ModelFileError } from '../../../model/model-file-error.js';
import type { DataRecord } from './data-record.js';
import { decode, linesOf, unreadable, withoutMark } from './file-bytes.js';

/** One JSON object a line; empty lines are left out. Rejects with a `ModelFileError` that names file and line. */
export async function* readJsonLines(file: string): AsyncGenerator<DataRecord, void, undefined> {
  for await (const { text, number, read } of linesOf(file)) {
    if (text.trim() === '') continue;
    const place = `${file}:${number}`;
    yield { content: objectOf(text, place), place, noun: 'line', read };
  }
}

/** A list of JSON objects, or what many call .json too: one object a line. Rejects with a `ModelFileError`. */
export async function* readJson(file: string): AsyncGenerator<DataRecord, void, undefined> {
  if (!(await beginsList(file))) {
    yield* readJsonLines(file);
    return;
  }
  const { size } = await stat(file);
  if (size > constants.MAX_STRING_LENGTH) throw tooLong(file, size);
  const items: unknown = parse(withoutMark(decode(await readFile(file), file)), file, 'the file');
  if (!Array.isArray(items)) throw new ModelFileError(file, 'the file is no list. Write a list of objects.');
  for (const [index, content] of items.entries()) {
    const place = `${file}:item ${index + 1}`;
    if (!isJsonObject(content)) {
      throw new ModelFileError(place, 'this item is no JSON object. Write a list of objects.');
    }
    yield { content, place, noun: 'item', read: Math.round((size * (index + 1)) / items.length) };
  }
}

async function beginsList(file: string): Promise<boolean> {
  const handle = await open(file).catch((cause: unknown) => {
    throw unreadable(file, cause);
  });
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(4096), 0, 4096, 0);
    return withoutMark(buffer.toString('utf8', 0, bytesRead))
      .trimStart()
      .startsWith('[');
  } finally {
    await handle.close();
  }
}

function tooLong(file: string, size: number): ModelFileError {
  return new ModelFileError(
    file,
    `the file has ${size} bytes, and a list in JSON is read whole, up to ${constants.MAX_STRING_LENGTH}. Write one ` +
      'object a line into a .jsonl file, which may be of any size.',
  );
}

function objectOf(text: string, place: string): JsonObject {
  const value = parse(text, place, 'this line');
  if (isJsonObject(value)) return value;
  throw new ModelFileError(place, 'this line is no JSON object. Write one object with the text a line.');
}

function parse(text: string, place: string, what: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new ModelFileError(place, `${what} is not valid JSON (${reasonOf(cause)}). Correct or remove it.`, {
      cause,
    });
  }
}
