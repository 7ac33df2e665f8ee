import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { JsonObject } from '../../../src/base/json.js';
import type { StageEvent } from '../../../src/runtime/contract/stage.js';
import type { StubHub } from '../hub/stub-hub.js';
import { stageBench, type BenchRun, type StageBench } from '../stage-bench.js';
import { eachInHub } from '../hub/with-hub.js';

const root = join(import.meta.dirname, '../../..');
let bench: StageBench;
let hub: StubHub;

beforeAll(async () => {
  bench = await stageBench();
  await cp(join(root, 'models/tiny-llama/tokenizer.json'), join(bench.folder, 'tokenizer.json'));
});
afterAll(() => bench.remove());

eachInHub(
  async () => {
    const rows = (name: string): Promise<Buffer> => readFile(join(root, 'test/reference/parquet', name));
    return new Map([
      ['README.md', Buffer.from('about')],
      ['data/train-0.parquet', await rows('zstd.parquet')],
      ['data/train-1.parquet', await rows('gzip.parquet')],
      ['data/test-0.parquet', Buffer.from('never fetched')],
    ]);
  },
  (made) => ({ hub } = made),
);

function made(name: string, place: JsonObject, run?: BenchRun): Promise<readonly StageEvent[]> {
  const sources = [{ plugin: 'text', options: { repository: 'maker/tiny', ...place } }];
  return bench.run('data', name, { sources, tokenizer_file: 'tokenizer.json', context: 16 }, run);
}

test('a data set of the hub is fetched, told of, and read', async () => {
  const events = await made('from-hub', {});
  // Fifty rows a file, one of them without text.
  expect(events.at(-1)).toMatchObject({ type: 'output', summary: { documents: 98 } });
  expect(events.filter(({ type }) => type === 'progress').at(-1)).toEqual({
    type: 'progress',
    step: 8,
    of: 8,
    unit: 'kB',
  });
  expect(hub.asked.map(({ path }) => path.split('/').at(-1))).toEqual([
    'main?blobs=true',
    'train-0.parquet',
    'train-1.parquet',
  ]);
  hub.asked.length = 0;
  vi.stubEnv('HF_HUB_OFFLINE', '1');
  expect((await made('offline', { files: 'data/*-1.parquet' })).at(-1)).toMatchObject({
    summary: { documents: 49 },
  });
  expect(hub.asked).toEqual([]);
});

test.each<[string, JsonObject, () => void, string]>([
  [
    'a hub that refuses',
    {},
    () => {
      hub.faults = { status: 404 };
    },
    'maker/tiny at main: the hub has no such data set or revision (404). Check "repository" and "revision".',
  ],
  [
    'no such file',
    { files: '*.jsonl', revision: 'v1' },
    () => undefined,
    'maker/tiny at v1: no file fits the pattern "*.jsonl". Its data files are "data/train-0.parquet", "data/train-1.parquet", "data/test-0.parquet"; set "files" or "split".',
  ],
])('%s is a failure that the user can mend', async (_, place, spoil, message) => {
  spoil();
  await expect(made('refused', place)).rejects.toMatchObject({ name: 'StageFailure', message });
});

test('a fetch that is stopped ends the stage without a failure', async () => {
  const aborter = new AbortController();
  const events = await made(
    'stopped',
    {},
    {
      signal: aborter.signal,
      onEvent: () => {
        aborter.abort();
      },
    },
  );
  expect(events.map(({ type }) => type)).toEqual(['progress']);
});
