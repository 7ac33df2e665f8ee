import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { artifactSchema, readArtifact } from '../../src/runtime/store/artifact-record.js';
import {
  forgetCheckpoints,
  latestCheckpoint,
  openCheckpoints,
} from '../../src/runtime/store/checkpoint-folder.js';
import { copyArtifact } from '../../src/runtime/store/copy-artifact.js';
import { type StoreLayout, storeLayout } from '../../src/runtime/store/layout.js';
import { lockStore, noteWorker, type ProcessTable } from '../../src/runtime/store/lock.js';
import { type ArtifactNote, publishArtifact } from '../../src/runtime/store/publish.js';

const newStore = (): StoreLayout => storeLayout(mkdtempSync(join(tmpdir(), 'hpl-store-')));

const fingerprint = 'f'.repeat(64);

const note: ArtifactNote = {
  schema: artifactSchema,
  type: 'folder',
  stage: 'flour',
  kind: 'mill',
  fingerprint,
  key: {
    version: 1,
    plugin: { name: 'mill', version: 1, origin: 'hpl', source: 'code' },
    options: {},
    components: [],
    seed: '7/mill',
    backend: null,
    inputs: [],
    files: [],
  },
  summary: { rows: 3 },
  gates: [],
  seconds: 1,
};

function draftIn(layout: StoreLayout): string {
  const draft = join(layout.temporary, 'draft');
  mkdirSync(join(draft, 'deep'), { recursive: true });
  writeFileSync(join(draft, 'a.txt'), 'rye');
  writeFileSync(join(draft, 'deep/b.bin'), new Uint8Array(10));
  return draft;
}

const place = (layout: StoreLayout): string => join(layout.artifacts, fingerprint);

test('a published artifact has a record of every file, and its draft is gone', async () => {
  const layout = newStore();
  const record = await publishArtifact(layout, draftIn(layout), note);
  expect(record.files.map(({ path, bytes }) => [path, bytes])).toEqual([
    ['a.txt', 3],
    ['deep/b.bin', 10],
  ]);
  expect(await readArtifact(place(layout), 'content')).toEqual({ ok: true, value: record });
  expect(readdirSync(layout.temporary)).toEqual([]);
});

test('what links point to is part of an artifact', async () => {
  const layout = newStore();
  const draft = draftIn(layout);
  const outside = join(layout.root, 'outside.txt');
  writeFileSync(outside, 'wheat');
  symlinkSync(outside, join(draft, 'link.txt'));
  const record = await publishArtifact(layout, draft, note);
  expect(record.files.map(({ path, bytes }) => [path, bytes])).toContainEqual(['link.txt', 5]);
  writeFileSync(outside, 'white');
  expect((await readArtifact(place(layout), 'sizes'))?.ok).toBe(true);
  expect(await readArtifact(place(layout), 'content')).toEqual({
    ok: false,
    error: 'the content of its file link.txt has changed',
  });
});

test('there is no artifact before it is published, and damage is named', async () => {
  const layout = newStore();
  expect(await readArtifact(place(layout), 'sizes')).toBeUndefined();
  mkdirSync(place(layout), { recursive: true });
  expect(await readArtifact(place(layout), 'sizes')).toEqual({
    ok: false,
    error: 'artifact.json is missing',
  });
  writeFileSync(join(place(layout), 'artifact.json'), '{"schema":');
  expect(await readArtifact(place(layout), 'sizes')).toEqual({
    ok: false,
    error: 'artifact.json is damaged',
  });
  await publishArtifact(layout, draftIn(layout), note);
  truncateSync(join(place(layout), 'deep/b.bin'), 4);
  expect(await readArtifact(place(layout), 'sizes')).toEqual({
    ok: false,
    error: 'its file deep/b.bin has 4 bytes, not 10',
  });
  await rm(join(place(layout), 'a.txt'));
  expect(await readArtifact(place(layout), 'sizes')).toEqual({
    ok: false,
    error: 'its file a.txt is missing',
  });
});

test('an artifact under the name of another is damaged', async () => {
  const layout = newStore();
  await publishArtifact(layout, draftIn(layout), { ...note, fingerprint: 'e'.repeat(64) });
  const { rename } = await import('node:fs/promises');
  await rename(join(layout.artifacts, 'e'.repeat(64)), place(layout));
  expect(await readArtifact(place(layout), 'sizes')).toEqual({
    ok: false,
    error: 'artifact.json is damaged',
  });
});

test('a copy has the files of the artifact, and leaves alone what is the same and what is not its own', async () => {
  const layout = newStore();
  const record = await publishArtifact(layout, draftIn(layout), note);
  const to = join(layout.root, 'copy');
  mkdirSync(to);
  writeFileSync(join(to, 'README.md'), 'mine');
  writeFileSync(join(to, 'a.txt'), 'oat');
  await copyArtifact(place(layout), record, to);
  expect(['README.md', 'a.txt'].map((name) => readFileSync(join(to, name), 'utf8'))).toEqual(['mine', 'rye']);
  expect(readFileSync(join(to, 'deep/b.bin'))).toHaveLength(10);
  await rm(join(place(layout), 'a.txt'));
  await copyArtifact(place(layout), record, to);
  expect(readdirSync(to).sort()).toEqual(['README.md', 'a.txt', 'deep']);
});

const writeState = (text: string) => (folder: string) => writeFile(join(folder, 'state'), text);

test('the latest checkpoint is whole, the older ones are forgotten, and saving a step again replaces it', async () => {
  const layout = newStore();
  const checkpoints = openCheckpoints(layout, fingerprint, 30);
  expect([checkpoints.latest(), checkpoints.intervalSeconds]).toEqual([undefined, 30]);
  for (const [step, text] of [
    [9, 'nine'],
    [10, 'ten'],
    [10, 'ten again'],
  ] as const) {
    await checkpoints.save(step, writeState(text));
    expect(checkpoints.latest()?.step).toBe(step);
    expect(readFileSync(join(checkpoints.latest()?.folder ?? '', 'state'), 'utf8')).toBe(text);
    expect(readdirSync(join(layout.checkpoints, fingerprint))).toHaveLength(1);
  }
  await forgetCheckpoints(layout, fingerprint);
  expect(latestCheckpoint(layout, fingerprint)).toBeUndefined();
});

test('a checkpoint that fails to be written leaves the one before it', async () => {
  const layout = newStore();
  const checkpoints = openCheckpoints(layout, fingerprint, 30);
  await checkpoints.save(1, writeState('one'));
  const full = checkpoints.save(2, () =>
    Promise.reject(Object.assign(new Error('no space'), { code: 'ENOSPC' })),
  );
  await expect(full).rejects.toMatchObject({
    name: 'StoreFailure',
    message: `The disk is full: saving a checkpoint failed at ${join(layout.checkpoints, fingerprint)}.`,
  });
  expect(checkpoints.latest()?.step).toBe(1);
  expect(readdirSync(join(layout.checkpoints, fingerprint))).toEqual(['1.0']);
});

test('a half-written checkpoint of a dead process is never seen', async () => {
  const layout = newStore();
  mkdirSync(join(layout.checkpoints, fingerprint, 'draft'), { recursive: true });
  writeFileSync(join(layout.checkpoints, fingerprint, 'draft/state'), 'half');
  const checkpoints = openCheckpoints(layout, fingerprint, 30);
  expect(checkpoints.latest()).toBeUndefined();
  await checkpoints.save(1, writeState('one'));
  expect(readFileSync(join(checkpoints.latest()?.folder ?? '', 'state'), 'utf8')).toBe('one');
});

/** Processes by number; the first is this one. */
function processes(self: number, alive: Set<number>): ProcessTable & { readonly killed: number[] } {
  const killed: number[] = [];
  return {
    self: { pid: self, start: '1', host: 'here' },
    isAlive: ({ pid, host }) => host !== 'here' || alive.has(pid),
    kill: ({ pid }) => {
      killed.push(pid);
      alive.delete(pid);
    },
    killed,
  };
}

test('a lock keeps others out until it is released, and a dead one is taken over', async () => {
  const layout = newStore();
  const alive = new Set([1, 2]);
  const lock = await lockStore(layout, 'run-1', processes(1, alive));
  await expect(lockStore(layout, 'run-2', processes(2, alive))).rejects.toMatchObject({
    name: 'StoreFailure',
    message: `Another run works in the store ${layout.root}: run run-1, process 1 on here.`,
  });
  lock.release();
  const second = await lockStore(layout, 'run-2', processes(2, alive));
  alive.delete(2);
  await lockStore(layout, 'run-3', processes(1, alive));
  // A lock that was taken over is no longer the earlier owner's to give back.
  second.release();
  await expect(lockStore(layout, 'run-4', processes(2, alive))).rejects.toThrow('run run-3');
});

test('of many that take over a dead lock at once, one gets it', async () => {
  const layout = newStore();
  await lockStore(layout, 'dead', processes(99, new Set()));
  const alive = new Set([1, 2, 3, 4]);
  const taken = await Promise.allSettled(
    [...alive].map((pid) => lockStore(layout, `run-${pid}`, processes(pid, alive))),
  );
  expect(taken.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
});

test('taking over ends the workers of the dead run and throws its drafts away', async () => {
  const layout = newStore();
  const alive = new Set([1, 50, 60]);
  await noteWorker(layout, { pid: 50, start: '1', host: 'here' });
  const forget = await noteWorker(layout, { pid: 60, start: '1', host: 'here' });
  await noteWorker(layout, { pid: 70, start: '1', host: 'elsewhere' });
  await forget();
  draftIn(layout);
  const table = processes(1, alive);
  await lockStore(layout, 'run', table);
  expect([table.killed, readdirSync(layout.workers), readdirSync(layout.temporary)]).toEqual([[50], [], []]);
});
