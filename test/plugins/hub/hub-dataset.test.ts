import { mkdir, readdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { hubDataset, type HubFiles, type SelectFiles } from '../../../src/plugins/hub/hub-dataset.js';
import type { HubSettings } from '../../../src/plugins/hub/hub-settings.js';
import { commit, type StubHub } from './stub-hub.js';
import { eachWithHub, problemIn } from './with-hub.js';

const rows = Uint8Array.from({ length: 200_000 }, (_, index) => (index * 7919) % 251);
const files = new Map<string, Uint8Array>([
  ['README.md', Buffer.from('about')],
  ['data/train-00000.parquet', rows],
  ['data/test 1.jsonl', Buffer.from('{"text": "a"}\n')],
  ['empty/small.jsonl', Buffer.from('')],
  ['empty/large.parquet', Buffer.from('')],
  ['../../outside.jsonl', Buffer.from('{"text": "b"}\n')],
]);

let cache: string;
let hub: StubHub;
eachWithHub(
  () => files,
  (made) => ({ hub, folder: cache } = made),
);

const place = (...parts: string[]): string => join(cache, 'datasets--maker--tiny', ...parts);
const inData: SelectFiles = (names) => names.filter((name) => name.startsWith('data/'));
const onlyTrain: SelectFiles = (names) => names.filter((name) => name.includes('train'));

interface Fetched extends HubFiles {
  readonly progress: readonly number[];
}

async function fetchData(
  change: Partial<HubSettings> = {},
  { revision = 'main', select = inData }: { readonly revision?: string; readonly select?: SelectFiles } = {},
): Promise<Fetched> {
  const settings: HubSettings = { endpoint: hub.endpoint, cache, offline: false, ...change };
  const { signal } = new AbortController();
  const steps = hubDataset({ repository: 'maker/tiny', revision }, select, { settings, signal });
  const progress: number[] = [];
  for (;;) {
    const step = await steps.next();
    if (step.done) return { ...step.value, progress };
    if (step.value.type === 'step') continue;
    expect(step.value.of).toBeGreaterThanOrEqual(0);
    progress.push(step.value.done);
  }
}

const problemOf = (work: Promise<unknown>): Promise<string> => problemIn(work, { hub, folder: cache });

test("the files asked for are fetched into the layout of Python's cache, folders and all", async () => {
  const { files: found, commit: at, progress } = await fetchData();
  const folder = place('snapshots', commit);
  expect(found).toEqual([join(folder, 'data/test 1.jsonl'), join(folder, 'data/train-00000.parquet')]);
  expect(at).toBe(commit);
  expect(Buffer.compare(await readFile(found[1]!), rows)).toBe(0);
  expect(await readlink(found[1]!)).toMatch(/^\.\.\/\.\.\/\.\.\/blobs\/[0-9a-f]{64}$/);
  expect(await readFile(place('refs/main'), 'utf8')).toBe(commit);
  expect(progress.at(-1)).toBe(200_014);
  expect(hub.asked.map(({ path }) => path)).toEqual([
    '/api/datasets/maker/tiny/revision/main?blobs=true',
    `/datasets/maker/tiny/resolve/${commit}/data/train-00000.parquet`,
    `/datasets/maker/tiny/resolve/${commit}/data/test%201.jsonl`,
  ]);
});

test('a name that leads out of the cache is not offered', async () => {
  let offered: readonly string[] = [];
  await fetchData({}, { select: (names) => inData((offered = names)) });
  expect(offered).toEqual([...files.keys()].filter((name) => name !== '../../outside.jsonl'));
});

test('files of no bytes are files too', async () => {
  const select: SelectFiles = (names) => names.filter((name) => name.startsWith('empty/'));
  const { files: found, progress } = await fetchData({}, { select });
  expect(found).toHaveLength(2);
  for (const file of found) expect(await readFile(file, 'utf8')).toBe('');
  expect(progress).toEqual([0, 0]);
  expect(await readdir(place('blobs'))).toHaveLength(2);
  expect((await fetchData({ offline: true }, { select })).files).toEqual(found);
});

test('offline and for a commit, what is there suffices; what was never fetched does not count as there', async () => {
  await fetchData({}, { select: onlyTrain });
  hub.asked.length = 0;
  expect((await fetchData({ offline: true }, { select: onlyTrain })).files).toHaveLength(1);
  expect((await fetchData({}, { select: onlyTrain, revision: commit })).files).toHaveLength(1);
  expect(hub.asked).toEqual([]);
  expect(await problemOf(fetchData({ offline: true }))).toBe(
    'maker/tiny at main: it is not in CACHE, and HF_HUB_OFFLINE is set. Unset it, or fetch the data set elsewhere.',
  );
  expect((await fetchData({}, { revision: commit })).files).toHaveLength(2);
});

test("what Python's library has fetched is used offline, and completed where the hub can be asked", async () => {
  const file = place('snapshots', commit, 'data/train-00000.parquet');
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, rows);
  await mkdir(place('refs'));
  await writeFile(place('refs/main'), commit);
  expect((await fetchData({ offline: true })).files).toEqual([file]);
  expect((await fetchData({}, { revision: commit })).files).toHaveLength(2);
});

test.each<[number, string | undefined, string]>([
  [
    401,
    undefined,
    'the hub wants to know who asks (401). Set HF_TOKEN to a token that may read the data set; check its name too.',
  ],
  [
    403,
    'secret',
    "the hub refused the token (403). Accept the data set's terms on its page, or set another HF_TOKEN.",
  ],
  [404, undefined, 'the hub has no such data set or revision (404). Check "repository" and "revision".'],
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
])('the answer %i becomes words about a data set', async (status, token, problem) => {
  hub.faults = { status };
  expect(await problemOf(fetchData(token === undefined ? {} : { token }))).toBe(
    `maker/tiny at main: ${problem}`,
  );
  expect(await readdir(cache)).toEqual([]);
});

test('a hub that dies in the middle is asked again where it broke, and the cache holds nothing half', async () => {
  hub.faults = { dieAfter: 0 };
  expect(await problemOf(fetchData())).toMatch(
    /^maker\/tiny at main: the connection .* at 0 of 200000 bytes of "data\/train-00000\.parquet"\. Run again to continue there\.$/,
  );
  await expect(readdir(place('refs'))).rejects.toThrow('ENOENT');
  hub.faults = { dieAfter: 70_000 };
  const { files: found } = await fetchData();
  expect(Buffer.compare(await readFile(found[1]!), rows)).toBe(0);
  expect(hub.asked.filter(({ path }) => path.endsWith('.parquet')).length).toBeGreaterThanOrEqual(3);
});

test('two stages that want different files of one data set do not meet in the cache', async () => {
  const found = await Promise.all([fetchData({}, { select: onlyTrain }), fetchData()]);
  expect(found.map(({ files: all }) => all.length)).toEqual([1, 2]);
  expect(Buffer.compare(await readFile(found[0].files[0]!), rows)).toBe(0);
  expect(hub.asked.filter(({ path }) => path.endsWith('.parquet'))).toHaveLength(1);
  expect((await readdir(place())).sort()).toEqual(['blobs', 'listings', 'refs', 'snapshots']);
  expect(await readdir(place('listings'))).toEqual([`${commit}.json`]);
});

test('a damaged listing is asked for anew; offline it is named', async () => {
  await fetchData();
  const listing = place('listings', `${commit}.json`);
  for (const damage of ['["data/tr', '{}']) {
    await writeFile(listing, damage);
    expect(await problemOf(fetchData({ offline: true }))).toBe(
      `CACHE/datasets--maker--tiny/listings/${commit}.json: it is damaged. ` +
        'Delete it, and unset HF_HUB_OFFLINE to ask for it again.',
    );
    expect((await fetchData({}, { revision: commit })).files).toHaveLength(2);
    expect((await fetchData({ offline: true })).files).toHaveLength(2);
  }
});

test('content with another hash never enters the cache', async () => {
  hub.faults = { wrongHash: true };
  expect((await problemOf(fetchData())).replaceAll(/[0-9a-f]{64}/g, 'HASH')).toBe(
    'maker/tiny at main: "data/train-00000.parquet" arrived with the hash HASH; the hub promised HASH. It was thrown away. Run again.',
  );
  expect(await readdir(place('blobs'))).toEqual([]);
});
