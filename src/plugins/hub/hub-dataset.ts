import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { FetchProgress } from '../packages/fetch-progress.js';
import { damaged, parsed } from './damaged-file.js';
import { tellFullCache } from './full-cache.js';
import { hubPlace, isCommit, notCached } from './hub-place.js';
import type { HubModel, HubRequest } from './hub-request.js';
import { cachedSnapshot, fetchFiles, listed, writeWhole, type HubSnapshot } from './hub-snapshot.js';

/** Files of a data set in the cache. */
export interface HubFiles {
  /** Full paths, in the order of their names. */
  readonly files: readonly string[];
  readonly commit: string;
}

/** Chooses from the names of all files of a repository. Throws a `ModelFileError` where none is the one. */
export type SelectFiles = (names: readonly string[]) => readonly string[];

/**
 * Makes sure that some files of a data set lie in the cache, in the layout of Hugging Face's Python library. Without
 * network, what is there suffices. Rejects with a `ModelFileError`.
 */
export function hubDataset(
  dataset: Omit<HubModel, 'kind'>,
  select: SelectFiles,
  request: HubRequest,
): AsyncGenerator<FetchProgress, HubFiles, undefined> {
  const model: HubModel = { ...dataset, kind: 'dataset' };
  return tellFullCache(selectedFiles(model, select, request), model, request);
}

async function* selectedFiles(
  dataset: HubModel,
  select: SelectFiles,
  request: HubRequest,
): AsyncGenerator<FetchProgress, HubFiles, undefined> {
  const { offline } = request.settings;
  const place = hubPlace(dataset, request.settings);
  const cached = await cachedSnapshot(place, dataset.revision);
  if (cached !== undefined && (offline || isCommit(dataset.revision))) {
    const names = await namesOf(place, cached, offline);
    const files = names.length === 0 ? undefined : presentFiles(cached, select(names));
    if (files !== undefined) return { files, commit: cached.commit };
  }
  if (offline) throw notCached(dataset, request.settings);
  const { commit, files } = await listed(dataset, request);
  const chosen = new Set(select(files.map(({ name }) => name)));
  await writeWhole(listingOf(place, commit), JSON.stringify(files.map(({ name }) => name)));
  const listing = { commit, files: files.filter(({ name }) => chosen.has(name)) };
  yield* fetchFiles(place, dataset, { listing, request });
  return { files: paths(join(place, 'snapshots', commit), [...chosen]), commit };
}

/** The names of all files of a commit; Python's library keeps no such list, and none of its files is disturbed by it. */
function listingOf(place: string, commit: string): string {
  return join(place, 'listings', `${commit}.json`);
}

/** The names of a commit's files; without network those that are there must do, whoever fetched them. */
async function namesOf(
  place: string,
  { commit, folder }: HubSnapshot,
  offline: boolean,
): Promise<readonly string[]> {
  const path = listingOf(place, commit);
  const listing = await readFile(path, 'utf8').catch(() => undefined);
  if (listing === undefined) return offline ? namesIn(folder) : [];
  const names = parsed(listing);
  if (isListOfNames(names)) return names;
  if (offline) throw damaged(path, 'to ask for it again');
  return [];
}

function isListOfNames(json: unknown): json is readonly string[] {
  return Array.isArray(json) && json.every((name) => typeof name === 'string');
}

function presentFiles({ folder }: HubSnapshot, names: readonly string[]): readonly string[] | undefined {
  const files = paths(folder, names);
  return files.every((file) => existsSync(file)) ? files : undefined;
}

async function namesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'));
}

function paths(folder: string, names: readonly string[]): readonly string[] {
  return [...names].sort().map((name) => join(folder, name));
}
