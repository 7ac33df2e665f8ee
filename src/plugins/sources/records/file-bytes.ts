import { createReadStream } from 'node:fs';
import { ModelFileError } from '../../../model/model-file-error.js';

const chunkBytes = 1 << 20;
const lineFeed = 0x0a;

/** A file's bytes in pieces of about 1 MiB. Rejects with a `ModelFileError`. */
export async function* chunksOf(file: string): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for await (const chunk of createReadStream(file, { highWaterMark: chunkBytes }))
      yield chunk as Uint8Array;
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

/** One line without its end. */
export interface Line {
  readonly text: string;
  /** Counts from 1. */
  readonly number: number;
  /** Bytes of the file up to the end of the line. */
  readonly read: number;
}

/**
 * The lines of a file, one in memory at a time. They end with a line feed alone: other line ends may stand in strings.
 * Rejects with a `ModelFileError`.
 */
export async function* linesOf(file: string): AsyncGenerator<Line, void, undefined> {
  let rest: Uint8Array[] = [];
  let number = 0;
  let read = 0;
  const line = (): Line => {
    const bytes = rest.length === 1 && rest[0] !== undefined ? rest[0] : Buffer.concat(rest);
    rest = [];
    number += 1;
    read += bytes.length;
    const text = decode(bytes, file);
    return { text: number === 1 ? withoutMark(text) : text, number, read };
  };
  for await (const chunk of chunksOf(file)) {
    let start = 0;
    for (let end = chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed, start)) {
      rest.push(chunk.subarray(start, end));
      const done = line();
      read += 1;
      yield { ...done, read };
      start = end + 1;
    }
    if (start < chunk.length) rest.push(chunk.subarray(start));
  }
  if (rest.length > 0) yield line();
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Bytes as text. Silent replacement of broken characters would train on them. Throws a `TypeError`. */
export function textOfBytes(bytes: Uint8Array): string {
  return utf8.decode(bytes);
}

/** As `textOfBytes`, of a file. Throws a `ModelFileError`. */
export function decode(bytes: Uint8Array, file: string): string {
  try {
    return textOfBytes(bytes);
  } catch (cause) {
    throw notUtf8(file, cause);
  }
}

/** What to throw for a file that is there and cannot be read. */
export function unreadable(file: string, cause: unknown): ModelFileError {
  return new ModelFileError(file, 'the file cannot be read. Check its permissions.', { cause });
}

/** What to throw for a file whose bytes are no text. */
export function notUtf8(file: string, cause: unknown): ModelFileError {
  return new ModelFileError(file, 'the file is no text in UTF-8. Convert it, or name another file.', {
    cause,
  });
}

/** Without the mark that some programs put at the beginning of a file in UTF-8. */
export function withoutMark(text: string): string {
  return text.replace(/^\ufeff/, '');
}
