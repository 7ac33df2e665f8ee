import { isJsonObject, type Json } from '../../base/json.js';
import { ModelFileError } from '../../model/model-file-error.js';
import { isCommit } from './hub-place.js';
import { askHub, hubName, hubNoun, type HubModel, type HubRequest } from './hub-request.js';

/** A file of a repository. */
export interface HubFile {
  readonly name: string;
  readonly bytes: number;
  /** What the content is checked against, and the name of the blob in the cache. */
  readonly hash: string;
  /** Large files have a SHA-256, the others git's hash of a blob. */
  readonly kind: 'sha256' | 'git';
}

/** A repository at one commit: what is needed of it. */
export interface HubListing {
  readonly commit: string;
  readonly files: readonly HubFile[];
}

/** Of all that lies in a repository: not weights of other formats, and no folders. */
const wanted =
  /^(?:(?:config|generation_config|tokenizer|tokenizer_config|special_tokens_map)\.json|model[\w.-]*\.safetensors|model\.safetensors\.index\.json|chat_template\.jinja|LICENSE[\w.-]*)$/;

/** Asks what a model consists of. Rejects with a `ModelFileError` or a `BrokenConnection`. */
export async function listModel(model: HubModel, request: HubRequest): Promise<HubListing> {
  const listing = await listRepository(model, request, (name) => wanted.test(name));
  if (listing.files.some(({ name }) => name === 'config.json')) return listing;
  throw new ModelFileError(
    hubName(model),
    'the repository has no config.json. Name one with a model in safetensors.',
  );
}

/** Asks which files a data set has, in folders too. Rejects with a `ModelFileError` or a `BrokenConnection`. */
export async function listDataset(dataset: HubModel, request: HubRequest): Promise<HubListing> {
  return listRepository(dataset, request, isPlainPath);
}

/** A name must not lead out of the cache. */
function isPlainPath(name: string): boolean {
  return name
    .split('/')
    .every((part) => part !== '' && part !== '.' && part !== '..' && !part.includes('\\'));
}

async function listRepository(
  model: HubModel,
  request: HubRequest,
  isWanted: (name: string) => boolean,
): Promise<HubListing> {
  const { repository, revision, kind } = model;
  const folder = kind === 'dataset' ? 'datasets' : 'models';
  const path = `api/${folder}/${repository}/revision/${encodeURIComponent(revision)}?blobs=true`;
  const json: unknown = await (await askHub(path, model, request)).json().catch(() => undefined);
  const commit = isJsonObject(json) ? json['sha'] : undefined;
  const siblings = isJsonObject(json) ? json['siblings'] : undefined;
  if (typeof commit !== 'string' || !isCommit(commit) || !Array.isArray(siblings)) {
    throw new ModelFileError(
      hubName(model),
      `${request.settings.endpoint} answered with something else than a ${hubNoun(model)}. Check HF_ENDPOINT.`,
    );
  }
  return { commit, files: siblings.flatMap((sibling: Json) => hubFile(sibling, isWanted) ?? []) };
}

function hubFile(sibling: Json, isWanted: (name: string) => boolean): HubFile | undefined {
  if (!isJsonObject(sibling)) return undefined;
  const { rfilename: name, size, blobId, lfs } = sibling;
  if (typeof name !== 'string' || !isWanted(name) || typeof size !== 'number') return undefined;
  const sha256 = isJsonObject(lfs) ? lfs['sha256'] : undefined;
  if (typeof sha256 === 'string' && /^[0-9a-f]{64}$/.test(sha256)) {
    return { name, bytes: size, hash: sha256, kind: 'sha256' };
  }
  if (typeof blobId !== 'string' || !/^[0-9a-f]{40}$/.test(blobId)) return undefined;
  return { name, bytes: size, hash: blobId, kind: 'git' };
}
