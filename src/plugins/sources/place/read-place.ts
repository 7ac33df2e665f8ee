import { stat } from 'node:fs/promises';
import { ModelFileError } from '../../../model/model-file-error.js';
import { byteProgress } from '../../byte-progress.js';
import type { Place } from '../place.js';
import type { Document, SourceContext, SourceStep } from '../source.js';
import { openPlace } from './open-place.js';

/** A document, and how many bytes of its file are read with it. */
export interface ReadDocument {
  /** Absent where the file has nothing to learn from at this place. */
  readonly document?: Document;
  readonly read: number;
}

/** Reads all files of a place, one after the other. Rejects with a `ModelFileError`, also where there is no document. */
export async function* readPlace(
  place: Place,
  context: SourceContext,
  reader: (file: string) => AsyncIterable<ReadDocument>,
): AsyncGenerator<SourceStep, void, undefined> {
  const { name, files } = yield* openPlace(place, context);
  const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size));
  const of = sizes.reduce((sum, size) => sum + size, 0);
  const progress = byteProgress();
  let before = 0;
  let documents = 0;
  for (const [index, file] of files.entries()) {
    for await (const { document, read } of reader(file)) {
      if (document !== undefined) {
        documents += 1;
        yield { type: 'document', document };
      }
      yield* progress(before + read, of);
    }
    before += sizes[index] ?? 0;
  }
  if (documents > 0) return;
  throw new ModelFileError(name, 'there is no text in it. Name a file with at least one document.');
}
