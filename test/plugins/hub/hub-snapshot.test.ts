import { lstat, readdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { hubSettings, type HubSettings } from '../../../src/plugins/hub/hub-settings.js';
import { hubSnapshot, type HubSnapshot } from '../../../src/plugins/hub/hub-snapshot.js';
import type { FetchProgress } from '../../../src/plugins/packages/fetch-progress.js';
import { commit, type StubHub } from './stub-hub.js';
import { eachWithHub, problemIn } from './with-hub.js';

const weights = Uint8Array.from({ length: 300_000 }, (_, index) => (index * 7919) % 251);
const files = new Map<string, Uint8Array>([
  ['config.json', Buffer.from('{"model_type": "llama"}')],
  ['tokenizer.json', Buffer.from('{"model": {}}')],
  ['model.safetensors', weights],
  ['pytorch_model.bin', Buffer.from('not wanted')],
  ['consolidated.safetensors', Buffer.from('the same again')],
  ['onnx/model.onnx', Buffer.from('neither')],
]);

let cache: string;
let hub: StubHub;
eachWithHub(
  () => files,
  (made) => ({ hub, folder: cache } = made),
);

type Bytes = Extract<FetchProgress, { type: 'bytes' }>;

interface Fetched {
  readonly snapshot: HubSnapshot;
  readonly progress: readonly Bytes[];
}

async function fetchModel(
  change: Partial<HubSettings> = {},
  revision = 'main',
  signal = new AbortController().signal,
): Promise<Fetched> {
  const settings: HubSettings = { endpoint: hub.endpoint, cache, offline: false, ...change };
  const steps = hubSnapshot({ repository: 'maker/tiny', revision }, { settings, signal });
  const progress: Bytes[] = [];
  for (;;) {
    const step = await steps.next();
    if (step.done) return { snapshot: step.value, progress };
    if (step.value.type === 'bytes') progress.push(step.value);
  }
}

const problemOf = (work: Promise<unknown>): Promise<string> => problemIn(work, { hub, folder: cache });

const place = (...parts: string[]): string => join(cache, 'models--maker--tiny', ...parts);

async function expectWhole({ folder }: HubSnapshot): Promise<void> {
  expect((await readdir(folder)).sort()).toEqual(['config.json', 'model.safetensors', 'tokenizer.json']);
  for (const name of await readdir(folder))
    expect(Buffer.compare(await readFile(join(folder, name)), files.get(name)!), name).toBe(0);
}

test("what a model needs is fetched into the layout of Python's cache", async () => {
  const { snapshot, progress } = await fetchModel();
  expect(snapshot).toEqual({ folder: place('snapshots', commit), commit });
  await expectWhole(snapshot);
  expect(await readFile(place('refs/main'), 'utf8')).toBe(commit);
  const link = join(snapshot.folder, 'model.safetensors');
  expect((await lstat(link)).isSymbolicLink()).toBe(true);
  expect(await readlink(link)).toMatch(/^\.\.\/\.\.\/blobs\/[0-9a-f]{64}$/);
  expect(await readlink(join(snapshot.folder, 'config.json'))).toMatch(/^\.\.\/\.\.\/blobs\/[0-9a-f]{40}$/);
  const all = 300_000 + 23 + 13;
  expect(progress.at(-1)).toEqual({ type: 'bytes', done: all, of: all });
  expect(progress.map(({ done }) => done)).toEqual(
    [...progress.map(({ done }) => done)].sort((a, b) => a - b),
  );
});

test('a commit that is there is not asked for again, and a branch is looked up without fetching', async () => {
  await fetchModel();
  hub.asked.length = 0;
  await fetchModel({}, commit);
  expect(hub.asked).toEqual([]);
  await fetchModel();
  expect(hub.asked.map(({ path }) => path)).toEqual(['/api/models/maker/tiny/revision/main?blobs=true']);
});

test('offline, what is there is used and the rest refused', async () => {
  expect(await problemOf(fetchModel({ offline: true }))).toBe(
    'maker/tiny at main: it is not in CACHE, and HF_HUB_OFFLINE is set. Unset it, or fetch the model elsewhere.',
  );
  await fetchModel();
  hub.asked.length = 0;
  await expectWhole((await fetchModel({ offline: true })).snapshot);
  expect(hub.asked).toEqual([]);
});

test.each<[number, string | undefined, string]>([
  [
    401,
    undefined,
    'the hub wants to know who asks (401). Set HF_TOKEN to a token that may read the model; check its name too.',
  ],
  [
    403,
    'secret',
    "the hub refused the token (403). Accept the model's terms on its page, or set another HF_TOKEN.",
  ],
  [404, undefined, 'the hub has no such model or revision (404). Check "repository" and "revision".'],
  [
    429,
    undefined,
    'the hub has had too many requests (429). Wait 7 seconds, then run again; what was fetched is kept.',
  ],
  [
    503,
    undefined,
    'the hub answered 503. Check the network and HF_ENDPOINT, or set HF_HUB_OFFLINE=1 to use what is cached.',
  ],
])('the answer %i becomes words', async (status, token, problem) => {
  hub.faults = { status };
  const found = await problemOf(fetchModel(token === undefined ? {} : { token }));
  expect(found).toBe(`maker/tiny at main: ${problem}`);
  expect(await readdir(cache)).toEqual([]);
});

test('the token is sent, and never named in a message', async () => {
  await fetchModel({ token: 'secret' });
  expect(new Set(hub.asked.map(({ authorization }) => authorization))).toEqual(new Set(['Bearer secret']));
  hub.faults = { status: 401 };
  expect(await problemOf(fetchModel({ token: 'secret' }))).not.toContain('secret');
});

test('a hub that cannot be reached is named', async () => {
  const { endpoint } = hub;
  await hub.close();
  expect((await problemOf(fetchModel({ endpoint }))).replace(/\(.*\)/, '(why)')).toBe(
    'maker/tiny at main: HUB cannot be reached (why). Check the network and HF_ENDPOINT, or set HF_HUB_OFFLINE=1 to use what is cached.',
  );
});

test('a connection that dies again and again is continued where it broke', async () => {
  hub.faults = { dieAfter: 70_000 };
  await expectWhole((await fetchModel()).snapshot);
  const ranges = hub.asked.filter(({ path }) => path.endsWith('model.safetensors')).map(({ range }) => range);
  expect(ranges.length).toBeGreaterThanOrEqual(5);
  const starts = ranges.map((range) => Number(/\d+/.exec(range!)![0]));
  expect(starts[0]).toBe(0);
  for (let index = 1; index < starts.length; index += 1)
    expect(starts[index]).toBeGreaterThan(starts[index - 1]!);
});

test('a connection that gives nothing more is given up; the next run continues there', async () => {
  const blob = (await readdirAfterDeath())!;
  const left = await readFile(place('blobs', blob));
  expect(Buffer.compare(left, weights.subarray(0, left.length))).toBe(0);
  hub.faults = {};
  hub.asked.length = 0;
  await expectWhole((await fetchModel()).snapshot);
  expect(hub.asked.find(({ path }) => path.endsWith('model.safetensors'))!.range).toBe(
    `bytes=${left.length}-`,
  );
});

/** Fetches until some of the weights are there. */
async function fetchSome(signal: AbortSignal): Promise<AsyncIterator<unknown, unknown, undefined>> {
  const settings: HubSettings = { endpoint: hub.endpoint, cache, offline: false };
  const steps = hubSnapshot({ repository: 'maker/tiny', revision: 'main' }, { settings, signal });
  for (let step = await steps.next(); !step.done; step = await steps.next())
    if (step.value.type === 'bytes' && step.value.done > 60_000) return steps;
  throw new Error('the model was fetched at once');
}

/** The unfinished file that a dead hub leaves. */
async function readdirAfterDeath(): Promise<string | undefined> {
  hub.faults = { dieAfter: 100_000 };
  const steps = await fetchSome(new AbortController().signal);
  await steps.return?.();
  hub.faults = { dieAfter: 0 };
  expect(await problemOf(fetchModel())).toMatch(
    /^maker\/tiny at main: the connection .* at \d+ of 300000 bytes of "model\.safetensors"\. Run again to continue there\.$/,
  );
  return (await readdir(place('blobs'))).find((name) => name.endsWith('.incomplete'));
}

test('a hub without ranges sends from the start, and the file is still right', async () => {
  await readdirAfterDeath();
  hub.faults = { noRanges: true };
  await expectWhole((await fetchModel()).snapshot);
});

test('content with another hash never enters the cache', async () => {
  hub.faults = { wrongHash: true };
  expect((await problemOf(fetchModel())).replaceAll(/[0-9a-f]{40}/g, 'HASH')).toBe(
    'maker/tiny at main: "config.json" arrived with the hash HASH; the hub promised HASH. It was thrown away. Run again.',
  );
  expect(await readdir(place('blobs'))).toEqual([]);
  hub.faults = {};
  await expectWhole((await fetchModel()).snapshot);
});

test('a file that is longer than promised ends the download and is not kept', async () => {
  hub.faults = { excess: true };
  expect(await problemOf(fetchModel())).toBe(
    'maker/tiny at main: "config.json" is longer than the 23 bytes that the hub promised. It was thrown away. Run again.',
  );
  expect(await readdir(place('blobs'))).toEqual([]);
});

test('a connection on which nothing comes for a minute counts as broken', async () => {
  hub.faults = { stallAfter: 0 };
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    let problem: string | undefined;
    const asking = problemOf(fetchModel()).then((found) => (problem = found));
    for (let answers = 1; answers <= 3; answers += 1) {
      // The listing comes first, then one answer for each attempt.
      await vi.waitUntil(() => hub.asked.length === answers + 1 && vi.getTimerCount() > 0);
      await vi.advanceTimersByTimeAsync(59_000);
      expect([hub.asked.length, problem]).toEqual([answers + 1, undefined]);
      await vi.advanceTimersByTimeAsync(1000);
    }
    expect((await asking).replace(/(?:the connection|HUB).*\((.*)\)/, 'broken ($1)')).toBe(
      'maker/tiny at main: broken (no data for 60 s) at 0 of 23 bytes of "config.json". Run again to continue there.',
    );
  } finally {
    vi.useRealTimers();
  }
});

test('a damaged rest of an earlier attempt is found out and fetched anew', async () => {
  await readdirAfterDeath();
  const name = (await readdir(place('blobs'))).find((file) => file.endsWith('.incomplete'))!;
  await writeFile(place('blobs', name), new Uint8Array(150_000));
  hub.faults = {};
  expect(await problemOf(fetchModel())).toMatch(/"model\.safetensors" arrived with the hash .* Run again\.$/);
  await expectWhole((await fetchModel()).snapshot);
});

test('an interruption keeps what was fetched', async () => {
  const aborter = new AbortController();
  hub.faults = { dieAfter: 100_000 };
  const steps = await fetchSome(aborter.signal);
  aborter.abort(new Error('stopped by hand'));
  await expect(
    (async () => {
      for (let step = await steps.next(); !step.done; step = await steps.next());
    })(),
  ).rejects.toThrow('stopped by hand');
  hub.asked.length = 0;
  hub.faults = {};
  await expectWhole((await fetchModel()).snapshot);
  const again = hub.asked.find(({ path }) => path.endsWith('model.safetensors'))!;
  expect(Number(/\d+/.exec(again.range!)![0])).toBeGreaterThan(50_000);
});

test('something else than a hub is found out', async () => {
  files.delete('config.json');
  try {
    expect(await problemOf(fetchModel())).toBe(
      'maker/tiny at main: the repository has no config.json. Name one with a model in safetensors.',
    );
  } finally {
    files.set('config.json', Buffer.from('{"model_type": "llama"}'));
  }
});

test("settings come from the variables of Hugging Face's Python library", async () => {
  expect(await hubSettings({}, cache)).toEqual({
    endpoint: 'https://huggingface.co',
    cache: join(cache, '.cache/huggingface/hub'),
    offline: false,
  });
  await writeFile(join(cache, 'token'), 'from-file\n');
  expect(
    await hubSettings({ HF_HOME: cache, HF_ENDPOINT: 'http://mirror/', HF_HUB_OFFLINE: '1' }, '/nobody'),
  ).toEqual({ endpoint: 'http://mirror', cache: join(cache, 'hub'), offline: true, token: 'from-file' });
  expect(await hubSettings({ HF_HUB_CACHE: '/kept', HF_TOKEN: 'mine' }, '/nobody')).toEqual({
    endpoint: 'https://huggingface.co',
    cache: '/kept',
    offline: false,
    token: 'mine',
  });
});
