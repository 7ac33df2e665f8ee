import { ModelFileError } from '../../../model/model-file-error.js';
import type { OpenPlace } from '../place/open-place.js';
import { readTexts } from './text-source.js';

/** A text in memory, and where it came from: `speeches.jsonl:12`. */
export interface WholeDocument {
  readonly text: string;
  readonly origin: string;
}

/**
 * Reads the texts of the files of a place, in their order, into memory; at most `limit`.
 * `field` is the key of the text where the file has records. Rejects with a `ModelFileError` that names file and line.
 */
export async function readDocuments(
  { name, files }: OpenPlace,
  field: string,
  limit = Infinity,
): Promise<readonly WholeDocument[]> {
  const documents: { text: string; origin: string }[] = [];
  for (const file of files) {
    for await (const { document } of readTexts(file, field)) {
      if (document === undefined) continue;
      const text = document.pieces.map((piece) => piece.text).join('');
      const last = documents.at(-1);
      if (document.continues === true && last !== undefined) last.text += text;
      else if (documents.length < limit) documents.push({ text, origin: document.origin });
      else return documents;
    }
  }
  if (documents.length > 0) return documents;
  throw new ModelFileError(name, 'there is no text in it. Name a file with at least one document.');
}
