import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hubSnapshot } from '../../../src/plugins/hub/hub-snapshot.js';
import { commit, type StubHub } from './stub-hub.js';
import { eachWithHub, problemIn } from './with-hub.js';

const weights = Uint8Array.from({ length: 300_000 }, (_, index) => (index * 7919) % 251);
const indexName = 'model.safetensors.index.json';
const files = new Map<string, Uint8Array>([
  ['config.json', Buffer.from('{"model_type": "llama"}')],
  ['tokenizer.json', Buffer.from('{"model": {}}')],
  ['model-1.safetensors', weights],
  [indexName, Buffer.from('{"weight_map": {"a": "model-1.safetensors"}}')],
]);

let cache: string;
let hub: StubHub;
eachWithHub(
  () => files,
  (made) => ({ hub, folder: cache } = made),
);

const place = (...parts: string[]): string => join(cache, 'models--maker--tiny', ...parts);

interface Asking {
  readonly offline?: boolean;
  readonly revision?: string;
  readonly signal?: AbortSignal;
}

function steps({ offline = false, revision = 'main', signal }: Asking = {}): ReturnType<typeof hubSnapshot> {
  return hubSnapshot(
    { repository: 'maker/tiny', revision },
    {
      settings: { endpoint: hub.endpoint, cache, offline },
      signal: signal ?? new AbortController().signal,
    },
  );
}

/** Fetches the model, and gives what was said on the way. */
async function fetchModel(asking: Asking = {}): Promise<readonly string[]> {
  const messages: string[] = [];
  for await (const step of steps(asking)) if (step.type === 'step') messages.push(step.message);
  return messages;
}

const problemOf = (work: Promise<unknown>): Promise<string> => problemIn(work, { hub, folder: cache });

test('a damaged index of weights is fetched anew; offline it is named', async () => {
  await fetchModel();
  const index = place('snapshots', commit, indexName);
  const right = await readFile(index, 'utf8');
  for (const damage of ['{"weight_map": {"a": "mod', '{"weight_map": []}'.padEnd(right.length)]) {
    await writeFile(index, damage);
    expect(await problemOf(fetchModel({ offline: true }))).toBe(
      `CACHE/models--maker--tiny/snapshots/${commit}/${indexName}: it is damaged. ` +
        'Delete it, and unset HF_HUB_OFFLINE to fetch it again.',
    );
    hub.asked.length = 0;
    await fetchModel({ revision: commit });
    expect(await readFile(index, 'utf8')).toBe(right);
    expect(hub.asked.filter(({ path }) => path.includes('/resolve/'))).toHaveLength(1);
  }
});

test('two stages that fetch one model at once wait for each other and ask for its files once', async () => {
  const messages = await Promise.all([fetchModel(), fetchModel()]);
  expect(messages.flat()).toEqual([
    `Waiting for another "hpl run" (process ${process.pid}) that works in this cache. If it is none, delete ${place('lock')}.`,
  ]);
  expect(hub.asked.filter(({ path }) => path.includes('/resolve/'))).toHaveLength(files.size);
  expect(Buffer.compare(await readFile(place('snapshots', commit, 'model-1.safetensors')), weights)).toBe(0);
  expect((await readdir(place())).sort()).toEqual(['blobs', 'refs', 'snapshots']);
  expect(await readdir(place('refs'))).toEqual(['main']);
});

test('a wait for another process ends with the signal', async () => {
  await mkdir(place(), { recursive: true });
  await writeFile(place('lock'), String(process.pid));
  const aborter = new AbortController();
  const waiting = steps({ signal: aborter.signal });
  expect(await waiting.next()).toMatchObject({ value: { type: 'step' } });
  const next = waiting.next();
  aborter.abort(new Error('stopped by hand'));
  await expect(next).rejects.toThrow('stopped by hand');
  expect(await readFile(place('lock'), 'utf8')).toBe(String(process.pid));
});

// Linux has a device that is always full.
test.skipIf(!existsSync('/dev/full'))(
  'a full disk is that of the cache, and the variable that moves it is named',
  async () => {
    await mkdir(place('blobs'), { recursive: true });
    const hash = createHash('sha256').update(weights).digest('hex');
    await symlink('/dev/full', place('blobs', `${hash}.incomplete`));
    expect(await problemOf(fetchModel())).toBe(
      'maker/tiny at main: the disk of CACHE is full. Free some space, or set HF_HUB_CACHE to a folder on a larger disk. ' +
        'Then run again.',
    );
    expect(await readdir(place())).not.toContain('lock');
  },
);
