import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, vi } from 'vitest';
import { ModelFileError } from '../../../src/model/model-file-error.js';
import { stubHub, type StubHub } from './stub-hub.js';

/** A stub hub and an empty folder for what comes from it. */
export interface HubAndFolder {
  readonly hub: StubHub;
  readonly folder: string;
}

/** What the hub has, which may be made in the folder. */
type FilesOf = (folder: string) => ReadonlyMap<string, Uint8Array> | Promise<ReadonlyMap<string, Uint8Array>>;

/** Gives every test a hub with these files, and a folder. */
export function eachWithHub(filesOf: FilesOf, use: (made: HubAndFolder) => void): void {
  beforeEach(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'hpl-hub-'));
    const hub = await stubHub(await filesOf(folder));
    use({ hub, folder });
    return async () => {
      await hub.close();
      await rm(folder, { recursive: true });
    };
  });
}

/** Gives every test a hub with these files that the environment names, with a home of its own for the cache. */
export function eachInHub(filesOf: FilesOf, use?: (made: HubAndFolder) => void): void {
  eachWithHub(filesOf, (made) => {
    vi.stubEnv('HF_ENDPOINT', made.hub.endpoint);
    vi.stubEnv('HF_HOME', made.folder);
    for (const name of ['HF_HUB_CACHE', 'HF_HUB_OFFLINE', 'HF_TOKEN']) vi.stubEnv(name, undefined);
    use?.(made);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });
}

/** What a refusal says, with the words HUB and CACHE for places that differ from test to test. */
export async function problemIn(work: Promise<unknown>, { hub, folder }: HubAndFolder): Promise<string> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ModelFileError)) throw new Error(`no refusal, but ${String(error)}`);
  return error.message.replaceAll(hub.endpoint, 'HUB').replaceAll(folder, 'CACHE');
}
