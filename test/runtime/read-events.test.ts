import { appendFileSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { RunEvent } from '../../src/runtime/contract/events.js';
import { followEvents, readEvents } from '../../src/runtime/read-events.js';
import { EventLog } from '../../src/runtime/store/event-log.js';

const file = (): string => join(mkdtempSync(join(tmpdir(), 'hpl-events-')), 'events.jsonl');

const event = (seq: number, changes: object = {}): string =>
  JSON.stringify({ v: 1, seq, type: 'stage.log', message: 'größer', ...changes });

async function all(events: AsyncIterable<RunEvent>): Promise<readonly number[]> {
  const found: number[] = [];
  for await (const { seq } of events) found.push(seq);
  return found;
}

test('whole lines are read, a torn last line is passed over', async () => {
  const path = file();
  writeFileSync(path, `${event(0)}\n${event(1)}\n${event(2).slice(0, 20)}`);
  expect(await all(readEvents(path))).toEqual([0, 1]);
});

test('files longer than one read and letters of several bytes are read whole', async () => {
  const path = file();
  const long = Array.from({ length: 3000 }, (_, seq) => event(seq, { message: 'ü'.repeat(seq % 97) }));
  writeFileSync(path, `${long.join('\n')}\n`);
  expect(await all(readEvents(path))).toEqual(long.map((_, seq) => seq));
});

test('events of another major version are refused, unknown types and fields of this one are not', async () => {
  const path = file();
  writeFileSync(path, `${event(0, { type: 'stage.danced', colour: 'red' })}\n`);
  expect(await all(readEvents(path))).toEqual([0]);
  appendFileSync(path, `${event(1, { v: 2 })}\n`);
  await expect(all(readEvents(path))).rejects.toThrow(
    `${path} holds events of version 2; this hpl reads version 1. Use the hpl that wrote it.`,
  );
});

test('following gives what is there, then what comes, in whole lines, and ends with the run', async () => {
  const path = file();
  writeFileSync(path, `${event(0)}\n${event(1).slice(0, 10)}`);
  const { signal } = new AbortController();
  const reader = followEvents(path, { signal, isWriterAlive: () => true, pollMilliseconds: 1 });
  expect((await reader.next()).value).toMatchObject({ seq: 0 });
  appendFileSync(path, `${event(1).slice(10)}\n${event(2, { type: 'run.finished' })}\n`);
  expect((await reader.next()).value).toMatchObject({ seq: 1, message: 'größer' });
  expect((await reader.next()).value).toMatchObject({ seq: 2 });
  expect(await reader.next()).toEqual({ done: true, value: 'finished' });
});

test('following ends when the writer is dead, with its last words read, and when it is stopped', async () => {
  const path = file();
  writeFileSync(path, `${event(0)}\n`);
  const dead = followEvents(path, {
    signal: new AbortController().signal,
    isWriterAlive: () => false,
    pollMilliseconds: 1,
  });
  expect((await dead.next()).value).toMatchObject({ seq: 0 });
  expect(await dead.next()).toEqual({ done: true, value: 'writer-died' });
  const stop = new AbortController();
  const stopped = followEvents(path, { signal: stop.signal, isWriterAlive: () => true, pollMilliseconds: 1 });
  await stopped.next();
  const end = stopped.next();
  stop.abort();
  expect(await end).toEqual({ done: true, value: 'stopped' });
});

test('a line is on the file as soon as it is appended', async () => {
  const path = file();
  const log = new EventLog(path);
  log.append(event(0));
  expect(await all(readEvents(path))).toEqual([0]);
  log.append(event(1));
  log.close();
  log.close();
  expect(await all(readEvents(path))).toEqual([0, 1]);
  expect(() => new EventLog(path)).toThrow('A file stands where a folder is needed: writing events failed');
});
