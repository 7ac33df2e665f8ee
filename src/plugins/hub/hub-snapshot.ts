import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { isJsonObject } from '../../base/json.js';
import { ModelFileError } from '../../model/model-file-error.js';
import type { FetchProgress } from '../packages/fetch-progress.js';
import { takeFolderLock } from '../packages/folder-lock.js';
import { damaged, parsed } from './damaged-file.js';
import { tellFullCache } from './full-cache.js';
import { download, hasHash } from './hub-download.js';
import { listDataset, listModel, type HubFile, type HubListing } from './hub-listing.js';
import { hubPlace, isCommit, notCached } from './hub-place.js';
import { BrokenConnection, hubName, type HubModel, type HubRequest } from './hub-request.js';

/** A model in the cache. */
export interface HubSnapshot {
  readonly folder: string;
  readonly commit: string;
}

/**
 * Makes sure that a model lies in the cache, in the layout of Hugging Face's Python library: blobs by hash, links to
 * them in a folder for each commit. Without network, what is there suffices. Rejects with a `ModelFileError`.
 */
export function hubSnapshot(
  model: HubModel,
  request: HubRequest,
): AsyncGenerator<FetchProgress, HubSnapshot, undefined> {
  return tellFullCache(wholeSnapshot(model, request), model, request);
}

async function* wholeSnapshot(
  model: HubModel,
  request: HubRequest,
): AsyncGenerator<FetchProgress, HubSnapshot, undefined> {
  const { revision } = model;
  const { offline } = request.settings;
  const place = hubPlace(model, request.settings);
  const cached = await cachedSnapshot(place, revision);
  const suffices = offline || isCommit(revision);
  if (cached !== undefined && suffices && (await isWhole(cached, offline))) return cached;
  if (offline) throw notCached(model, request.settings);
  const listing = await listed(model, request);
  yield* fetchFiles(place, model, { listing, request });
  return { folder: join(place, 'snapshots', listing.commit), commit: listing.commit };
}

/** The snapshot that a revision named when it was fetched last. */
export async function cachedSnapshot(place: string, revision: string): Promise<HubSnapshot | undefined> {
  const ref = await readFile(join(place, 'refs', revision), 'utf8').catch(() => revision);
  const commit = ref.trim();
  return isCommit(commit) ? { commit, folder: join(place, 'snapshots', commit) } : undefined;
}

/** Whether all files of a model are there, whoever fetched them. Offline, a damaged index is refused. */
async function isWhole({ folder }: HubSnapshot, offline: boolean): Promise<boolean> {
  const path = join(folder, 'model.safetensors.index.json');
  const index = await readFile(path, 'utf8').catch(() => undefined);
  const weights = index === undefined ? ['model.safetensors'] : shardsOf(index);
  if (weights === undefined && offline) throw damaged(path, 'to fetch it again');
  return (
    weights !== undefined &&
    ['config.json', 'tokenizer.json', ...weights].every((name) => existsSync(join(folder, name)))
  );
}

/** Nothing where the index cannot be read. */
function shardsOf(index: string): readonly string[] | undefined {
  const json = parsed(index);
  const map = isJsonObject(json) ? json['weight_map'] : undefined;
  return isJsonObject(map) ? Object.values(map).map(String) : undefined;
}

/** The files of a model or data set. Rejects with a `ModelFileError`, also where nobody answers. */
export async function listed(model: HubModel, request: HubRequest): Promise<HubListing> {
  try {
    return await (model.kind === 'dataset' ? listDataset(model, request) : listModel(model, request));
  } catch (error) {
    if (!(error instanceof BrokenConnection)) throw error;
    throw new ModelFileError(
      hubName(model),
      `${error.message}. Check the network and HF_ENDPOINT, or set HF_HUB_OFFLINE=1 to use what is cached.`,
      { cause: error },
    );
  }
}

/** What to fetch, and from where. */
interface Fetching {
  readonly listing: HubListing;
  readonly request: HubRequest;
}

/**
 * Fetches the files that are not in the cache yet, links them into the folder of their commit, and keeps which commit
 * the revision names. Waits while another process fetches files of the same model or data set.
 */
export async function* fetchFiles(
  place: string,
  model: HubModel,
  fetching: Fetching,
): AsyncGenerator<FetchProgress, void, undefined> {
  const { commit, files } = fetching.listing;
  if (!(await areThere(files, join(place, 'snapshots', commit)))) yield* fetchLocked(place, model, fetching);
  if (!isCommit(model.revision)) await writeWhole(join(place, 'refs', model.revision), commit);
}

async function* fetchLocked(
  place: string,
  model: HubModel,
  fetching: Fetching,
): AsyncGenerator<FetchProgress, void, undefined> {
  await mkdir(place, { recursive: true });
  const owner = { name: 'hpl run', pid: process.pid };
  const lock = yield* takeFolderLock(place, owner, fetching.request.signal);
  try {
    yield* fetchMissing(place, model, fetching);
  } finally {
    await lock.release();
  }
}

async function areThere(files: readonly HubFile[], snapshot: string): Promise<boolean> {
  for (const file of files) if (!(await isRight(join(snapshot, file.name), file))) return false;
  return true;
}

/** A damaged file counts as missing. Of the large ones, only the length is looked at: their hash takes minutes. */
async function isRight(path: string, file: HubFile): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.size === file.bytes && (file.kind === 'sha256' || (await hasHash(path, file)));
}

async function* fetchMissing(
  place: string,
  model: HubModel,
  { listing, request }: Fetching,
): AsyncGenerator<FetchProgress, void, undefined> {
  const { commit, files } = listing;
  const of = files.reduce((sum, { bytes }) => sum + bytes, 0);
  let before = 0;
  for (const file of files) {
    const blob = join(place, 'blobs', file.hash);
    if (!(await isRight(blob, file))) {
      for await (const bytes of download({ model, commit, file, blob }, request))
        yield { type: 'bytes', done: before + bytes, of };
    }
    await linkTo(blob, join(place, 'snapshots', commit, file.name));
    before += file.bytes;
    yield { type: 'bytes', done: before, of };
  }
}

/** A relative link, as Python makes them, so that the cache can be moved. */
async function linkTo(blob: string, link: HubFile['name']): Promise<void> {
  if (existsSync(link)) return;
  await mkdir(dirname(link), { recursive: true });
  await symlink(relative(dirname(link), blob), link);
}

let drafts = 0;

/** Writes a small file so that no reader ever sees a part of it, and that two writers do not meet. */
export async function writeWhole(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  drafts += 1;
  const draft = `${file}.${process.pid}-${drafts}.unfinished`;
  await writeFile(draft, text);
  await rename(draft, file);
}
