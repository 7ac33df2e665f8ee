import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { isJsonObject } from '../../../base/json.js';
import { ModelFileError } from '../../../model/model-file-error.js';
import type { Document } from '../source.js';

/**
 * Reads .jsonl and .txt: a file, or every such file of a folder in the order of their names. `field` is the key of the
 * text in a JSON line. Rejects with a `ModelFileError` that names file and line.
 */
export async function readDocuments(path: string, field: string): Promise<readonly Document[]> {
  const documents: Document[] = [];
  for (const file of await filesAt(path)) documents.push(...(await documentsOf(file, field)));
  if (documents.length === 0) {
    throw new ModelFileError(path, 'there is no text in it. Name a file with at least one document.');
  }
  return documents;
}

async function filesAt(path: string): Promise<readonly string[]> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new ModelFileError(path, 'the file does not exist or cannot be read. Check the path.', { cause });
  });
  if (!found.isDirectory()) return [path];
  const names = (await readdir(path)).filter((name) => ['.jsonl', '.txt'].includes(extname(name))).sort();
  if (names.length > 0) return names.map((name) => join(path, name));
  throw new ModelFileError(path, 'the folder has no .jsonl or .txt file. Name a file, or another folder.');
}

async function documentsOf(file: string, field: string): Promise<readonly Document[]> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new ModelFileError(file, 'the file cannot be read. Check its permissions.', { cause });
  });
  const content = decode(bytes, file);
  if (extname(file) !== '.jsonl') {
    return content.trim() === '' ? [] : [{ text: content, origin: basename(file) }];
  }
  return content.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return [];
    const text = textOf(line, field, `${file}:${index + 1}`);
    return text.trim() === '' ? [] : [{ text, origin: `${basename(file)}:${index + 1}` }];
  });
}

/** Silent replacement of broken characters would train on them. */
function decode(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new ModelFileError(file, 'the file is no text in UTF-8. Convert it, or name another file.', {
      cause,
    });
  }
}

function textOf(line: string, field: string, place: string): string {
  const value = parse(line, place);
  if (!isJsonObject(value)) {
    throw new ModelFileError(place, 'this line is no JSON object. Write one object with the text a line.');
  }
  const text = value[field];
  if (typeof text === 'string') return text;
  if (text !== undefined) {
    throw new ModelFileError(
      place,
      `"${field}" of this line is ${JSON.stringify(text).slice(0, 40)}, no text. Put it in quotes or remove the line.`,
    );
  }
  const keys = Object.keys(value);
  throw new ModelFileError(
    place,
    `this line has no text under "${field}". Its keys are ${keys.map((key) => `"${key}"`).join(', ') || 'none'}; ` +
      'name one of them as "field".',
  );
}

function parse(line: string, place: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ModelFileError(place, `this line is not valid JSON (${reason}). Correct or remove it.`, {
      cause,
    });
  }
}
