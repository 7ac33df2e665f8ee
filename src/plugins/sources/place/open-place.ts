import { homedir } from 'node:os';
import { fetchEvents, type FetchEvent } from '../../fetch-events.js';
import { hubDataset } from '../../hub/hub-dataset.js';
import { hubName } from '../../hub/hub-request.js';
import { hubSettings } from '../../hub/hub-settings.js';
import { retold } from '../../retold.js';
import type { Place } from '../place.js';
import { dataFilesAt } from '../records/data-files.js';
import type { SourceContext } from '../source.js';
import { selectFiles } from './select-files.js';

/** The files of a place, and what it is called in messages. */
export interface OpenPlace {
  readonly name: string;
  readonly files: readonly string[];
}

/** Finds the files of a place; those of a repository are fetched first. Rejects with a `ModelFileError`. */
export async function* openPlace(
  { path, repository, revision = 'main', ...selection }: Place,
  context: Pick<SourceContext, 'path' | 'signal'>,
): AsyncGenerator<FetchEvent, OpenPlace, undefined> {
  if (repository === undefined) {
    const place = context.path(path ?? '');
    return { name: place, files: await dataFilesAt(place) };
  }
  const name = hubName({ repository, revision });
  const settings = await hubSettings(process.env, homedir());
  const steps = hubDataset({ repository, revision }, (names) => selectFiles(names, selection, name), {
    settings,
    signal: context.signal,
  });
  const { files } = yield* retold(steps, fetchEvents());
  return { name, files };
}
