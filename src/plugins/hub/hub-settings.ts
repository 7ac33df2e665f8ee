import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Environment } from '../packages/cache-folder.js';
import { isSwitchedOn } from '../packages/switched-on.js';

/** Where models come from and where they are kept; the same variables as for Hugging Face's Python library. */
export interface HubSettings {
  /** HF_ENDPOINT, without a slash at the end. */
  readonly endpoint: string;
  /** HF_HUB_CACHE, or `hub` in HF_HOME. */
  readonly cache: string;
  /** HF_HUB_OFFLINE: what is not in the cache is refused. */
  readonly offline: boolean;
  /** HF_TOKEN, or the file `token` in HF_HOME that `hf auth login` writes. */
  readonly token?: string;
}

/** Reads the settings from the environment; `home` is the user's home folder. */
export async function hubSettings(environment: Environment, home: string): Promise<HubSettings> {
  const caches = environment['XDG_CACHE_HOME'] ?? join(home, '.cache');
  const base = environment['HF_HOME'] ?? join(caches, 'huggingface');
  const token = environment['HF_TOKEN'] ?? (await readFile(join(base, 'token'), 'utf8').catch(() => ''));
  return {
    endpoint: (environment['HF_ENDPOINT'] ?? 'https://huggingface.co').replace(/\/+$/, ''),
    cache: environment['HF_HUB_CACHE'] ?? join(base, 'hub'),
    offline: isSwitchedOn(environment['HF_HUB_OFFLINE']),
    ...(token.trim() === '' ? {} : { token: token.trim() }),
  };
}
