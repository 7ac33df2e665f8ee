import type { StageContext, StageEvent } from '../../../runtime/contract/stage.js';
import { openPlace, type OpenPlace } from '../../sources/place/open-place.js';
import type { JsonRow } from './json-row.js';
import type { QuestionPlace, UsualFiles } from './question-place.js';
import { readJsonRows } from './read-json-rows.js';

/** What is needed to find files: the pipeline's folder, and whether to stop. */
export type FileContext = Pick<StageContext, 'path' | 'signal'>;

/** The files of a task's place; those of a repository are fetched first. Rejects with a `ModelFileError`. */
export async function* openTaskPlace(
  { file, repository, files, split, revision }: QuestionPlace,
  usual: UsualFiles,
  context: FileContext,
): AsyncGenerator<StageEvent, OpenPlace, undefined> {
  const place = {
    ...usual,
    ...(file === undefined ? {} : { path: file }),
    ...(repository === undefined ? {} : { repository }),
    ...(files === undefined ? {} : { files }),
    ...(split === undefined ? {} : { split }),
    ...(revision === undefined ? {} : { revision }),
  };
  const { signal } = context;
  return yield* openPlace(place, { path: (option) => context.path(option), signal });
}

/** The first `limit` questions of a file, or of the files of a repository together. Rejects with a `ModelFileError`. */
export async function* readQuestionRows(
  place: QuestionPlace,
  usual: UsualFiles,
  context: FileContext,
  limit = Infinity,
): AsyncGenerator<StageEvent, readonly JsonRow[], undefined> {
  if (place.file !== undefined) return readJsonRows(context.path(place.file), limit);
  const rows: JsonRow[] = [];
  const { files } = yield* openTaskPlace(place, usual, context);
  for (const file of files) {
    if (rows.length >= limit) break;
    rows.push(...(await readJsonRows(file, limit - rows.length)));
  }
  return rows;
}
