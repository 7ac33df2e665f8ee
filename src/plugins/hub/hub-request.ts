import { ModelFileError } from '../../model/model-file-error.js';
import { connectionReason } from '../packages/connection-reason.js';
import type { HubSettings } from './hub-settings.js';

/** A model on the hub, or a data set. */
export interface HubModel {
  /** `organisation/name`. */
  readonly repository: string;
  /** A branch, a tag or a commit. */
  readonly revision: string;
  /** A model where absent. */
  readonly kind?: 'model' | 'dataset';
}

/** How messages name it: `organisation/name at main`. */
export function hubName({ repository, revision }: HubModel): string {
  return `${repository} at ${revision}`;
}

/** What people call it. */
export function hubNoun({ kind }: HubModel): string {
  return kind === 'dataset' ? 'data set' : 'model';
}

/** Its address below the endpoint: those of data sets have a folder of their own. */
export function hubPath({ kind, repository }: HubModel): string {
  return kind === 'dataset' ? `datasets/${repository}` : repository;
}

/** A connection that was refused or broke; trying again may help. */
export class BrokenConnection extends Error {
  override readonly name = 'BrokenConnection';
}

/**
 * Asks the hub. Rejects with a `ModelFileError` where it says no, with a `BrokenConnection` where there is no answer.
 * The token goes to the endpoint alone: fetch drops it on redirects to other hosts.
 */
export async function askHub(
  path: string,
  model: HubModel,
  { settings, signal, stalled, headers }: HubRequest,
): Promise<Response> {
  const authorization = settings.token === undefined ? {} : { authorization: `Bearer ${settings.token}` };
  const response = await fetch(`${settings.endpoint}/${path}`, {
    headers: { ...authorization, ...headers },
    signal: stalled === undefined ? signal : AbortSignal.any([signal, stalled]),
  }).catch((cause: unknown) => {
    signal.throwIfAborted();
    throw new BrokenConnection(`${settings.endpoint} cannot be reached (${connectionReason(cause)})`, {
      cause,
    });
  });
  if (response.ok) return response;
  await response.body?.cancel();
  if (response.status >= 500) throw new BrokenConnection(`the hub answered ${response.status}`);
  throw new ModelFileError(hubName(model), refusal(response, settings, hubNoun(model)));
}

/** What a request needs besides its path. */
export interface HubRequest {
  readonly settings: HubSettings;
  readonly signal: AbortSignal;
  /** Breaks the connection when aborted. */
  readonly stalled?: AbortSignal;
  readonly headers?: Readonly<Record<string, string>>;
}

function refusal({ status, headers }: Response, { token }: HubSettings, noun: string): string {
  switch (status) {
    case 401:
    case 403:
      return token === undefined
        ? `the hub wants to know who asks (${status}). Set HF_TOKEN to a token that may read the ${noun}; check its name too.`
        : `the hub refused the token (${status}). Accept the ${noun}'s terms on its page, or set another HF_TOKEN.`;
    case 404:
      return `the hub has no such ${noun} or revision (404). Check "repository" and "revision".`;
    case 429: {
      const wait = headers.get('retry-after');
      const when = wait === null ? 'Wait some minutes' : `Wait ${wait} seconds`;
      return `the hub has had too many requests (429). ${when}, then run again; what was fetched is kept.`;
    }
    default:
      return `the hub answered ${status}. Check HF_ENDPOINT, or try again later.`;
  }
}
