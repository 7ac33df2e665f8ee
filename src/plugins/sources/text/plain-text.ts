import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { ReadDocument } from '../place/read-place.js';
import { chunksOf, decode, notUtf8, unreadable, withoutMark } from '../records/file-bytes.js';

/** Longer files are read in parts. */
const wholeBytes = 8 << 20;

/**
 * A text file as one document. One of more than 8 MiB comes in parts, cut where a line ends and the next begins with
 * something else than white space: there tokenizers that split text into words split it anyway.
 * Rejects with a `ModelFileError`.
 */
export async function* readPlainText(file: string): AsyncGenerator<ReadDocument, void, undefined> {
  const { size } = await stat(file);
  if (size <= wholeBytes) {
    const bytes = await readFile(file).catch((cause: unknown) => {
      throw unreadable(file, cause);
    });
    yield { ...part(withoutMark(decode(bytes, file)), file, false), read: size };
    return;
  }
  let isFirst = true;
  let read = 0;
  for await (const text of partsOf(file)) {
    read += Buffer.byteLength(text);
    const made = part(isFirst ? withoutMark(text) : text, file, !isFirst);
    if (made.document !== undefined) isFirst = false;
    yield { ...made, read };
  }
}

function part(text: string, file: string, continues: boolean): Omit<ReadDocument, 'read'> {
  if (!continues && text.trim() === '') return {};
  const pieces = [{ text, scored: true }];
  return { document: { origin: basename(file), pieces, separated: true, ...(continues && { continues }) } };
}

async function* partsOf(file: string): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const decodeNext = (bytes?: Uint8Array): string => {
    try {
      return bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true });
    } catch (cause) {
      throw notUtf8(file, cause);
    }
  };
  let rest = '';
  for await (const chunk of chunksOf(file)) {
    rest += decodeNext(chunk);
    const end = lastSeam(rest);
    if (end === 0) continue;
    yield rest.slice(0, end);
    rest = rest.slice(end);
  }
  rest += decodeNext();
  if (rest !== '') yield rest;
}

/** Where a text is best cut; 0 where it should grow first. */
function lastSeam(text: string): number {
  for (let end = text.lastIndexOf('\n'); end > 0; end = text.lastIndexOf('\n', end - 1)) {
    if (/^\S/.test(text.slice(end + 1, end + 2))) return end + 1;
  }
  if (text.length < wholeBytes) return 0;
  // A line without end: cut it, but no character in two.
  const half = text.charCodeAt(text.length - 1);
  return half >= 0xd800 && half < 0xdc00 ? text.length - 1 : text.length;
}
