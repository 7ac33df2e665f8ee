import { basename } from 'node:path';
import type { Place } from '../place.js';
import { readPlace, type ReadDocument } from '../place/read-place.js';
import { suffixOf } from '../records/data-files.js';
import { textOf, type Field } from '../records/data-record.js';
import { readRecords } from '../records/read-records.js';
import type { Source } from '../source.js';
import { readPlainText } from './plain-text.js';

/** A source of texts: every token of them is learnt. */
export function textSource(place: Place, key: string): Source {
  return {
    gives: 'documents',
    documents: (context) => readPlace(place, context, (file) => readTexts(file, key)),
  };
}

/** The texts of one file. Rejects with a `ModelFileError` that names file and line. */
export async function* readTexts(file: string, key: string): AsyncGenerator<ReadDocument, void, undefined> {
  if (suffixOf(file) === '.txt') {
    yield* readPlainText(file);
    return;
  }
  const field: Field = { key, option: 'field' };
  for await (const record of readRecords(file, [field])) {
    const text = textOf(record, field);
    const origin = basename(record.place);
    yield {
      read: record.read,
      ...(text.trim() !== '' && {
        document: { origin, pieces: [{ text, scored: true }], separated: true },
      }),
    };
  }
}
