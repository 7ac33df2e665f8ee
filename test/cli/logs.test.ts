import { spawn } from 'node:child_process';
import { appendFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { RunEvent } from '../../src/runtime/contract/events.js';
import { folderWith, hpl, startHpl } from './processes.js';
import { callHpl } from './recorded-io.js';
import { doneRun, failedRun } from './recorded-runs.js';

const pipeline = '  play first { table = true }\n  play second { after = first, gate = true }\n';

test('the replay of a run is what the run wrote, in plain and in json', async () => {
  const folder = folderWith({ 'a.hpl': pipeline });
  const run = await hpl(folder, ['run', 'a.hpl', '--progress', 'plain']);
  expect(run.code).toBe(0);
  const replay = await hpl(folder, ['logs']);
  expect(replay.out).toBe(run.both);
  expect(replay).toMatchObject({ code: 0, err: '' });
  const json = await hpl(folder, ['logs', 'last', '--progress', 'json']);
  const [id = ''] = readdirSync(join(folder, '.hpl/runs'));
  expect(json.out).toBe(readFileSync(join(folder, '.hpl/runs', id, 'events.jsonl'), 'utf8'));
});

test('json on standard output is the event file, byte for byte', async () => {
  const folder = folderWith({ 'a.hpl': pipeline });
  const run = await hpl(folder, ['run', 'a.hpl', '--progress', 'json']);
  const [id = ''] = readdirSync(join(folder, '.hpl/runs'));
  expect(run.out).toBe(readFileSync(join(folder, '.hpl/runs', id, 'events.jsonl'), 'utf8'));
  expect(run.err).toBe('');
});

function lines(events: readonly RunEvent[]): string {
  return events.map((event) => `${JSON.stringify(event)}\n`).join('');
}

/** A run that a process of this number writes. */
function writtenBy(pid: number, run: readonly RunEvent[]): readonly RunEvent[] {
  return run.map((event) => (event.type === 'run.started' ? { ...event, pid } : event));
}

/** The same run, as if it ended now: to a follower an older one would look silent for months. */
function endingNow(run: readonly RunEvent[]): readonly RunEvent[] {
  const shift = Date.now() - Math.max(...run.map(({ time }) => Date.parse(time)));
  return run.map((event) => ({ ...event, time: new Date(Date.parse(event.time) + shift).toISOString() }));
}

function eventFileIn(folder: string, text: string, run = '20260102-030405-k7q2'): string {
  const runs = join(folder, '.hpl/runs', run);
  mkdirSync(runs, { recursive: true });
  const file = join(runs, 'events.jsonl');
  writeFileSync(file, text);
  return file;
}

test('runs alone lists the runs, as its first command does', async () => {
  const folder = folderWith({});
  eventFileIn(folder, lines(doneRun));
  const store = join(folder, '.hpl');
  const { out } = await callHpl(['runs', '--store', store]);
  expect(out).toBe(`\
run                    pipeline     started               status         time         stages
────────────────────────────────────────────────────────────────────────────────────────────
20260102-030405-k7q2   quickstart   2026-01-02 03:04:05   done     2 min 06 s   6 (2 cached)
`);
  expect(await callHpl(['runs', 'list', '--store', store])).toMatchObject({ code: 0, out });
});

test('a followed run is shown as it grows, and its exit code is that of the run', async () => {
  const folder = folderWith({});
  const events = writtenBy(process.pid, endingNow(failedRun));
  const file = eventFileIn(folder, lines(events.slice(0, 7)));
  const follow = startHpl(folder, ['logs', '--follow']);
  await follow.said('[hybrid] done');
  const rest = lines(events.slice(7));
  // A line may be read while it is written.
  appendFileSync(file, rest.slice(0, 40));
  appendFileSync(file, rest.slice(40));
  const { code, out } = await follow.ended;
  expect(code).toBe(1);
  expect(out).toBe(readFileSync(new URL('expected/plain-failed.txt', import.meta.url), 'utf8'));
});

test('a followed run whose writer dies is called killed, with the command that goes on', async () => {
  const folder = folderWith({});
  const writer = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  const recently = { time: new Date().toISOString() };
  const events = writtenBy(writer.pid!, doneRun.slice(0, 12)).map((event) => ({ ...event, ...recently }));
  eventFileIn(folder, `${lines(events)}{"v":1,"seq":12,"ti`);
  const follow = startHpl(folder, ['logs', '--follow']);
  await follow.said('[maps] started');
  writer.kill('SIGKILL');
  const { code, err } = await follow.ended;
  expect(code).toBe(1);
  expect(err).toBe(
    '\nThe run was killed before it ended; what it finished is kept.\nresume with: hpl run pipelines/quickstart.hpl\n',
  );
});

test('a run that is written by a process that lives is said to go on', async () => {
  const folder = folderWith({});
  eventFileIn(folder, lines(writtenBy(process.pid, doneRun.slice(0, 12))));
  const { code, err } = await hpl(folder, ['logs']);
  expect(code).toBe(0);
  expect(err).toBe('\nThe run goes on; watch it with: hpl logs 20260102-030405-k7q2 --follow\n');
});

test('one stage alone, and log lines of one level and above', async () => {
  const folder = folderWith({});
  eventFileIn(folder, lines(doneRun));
  const { out } = await hpl(folder, ['logs', '--stage', 'maps', '--level', 'warning']);
  const stages = new Set([...out.matchAll(/^\[(\w+)\]/gm)].map(([, stage]) => stage));
  expect([...stages]).toEqual(['maps']);
  expect(out).not.toContain('16,384 trained values');
});

test('types of events of a later version pass through json and trouble no other view', async () => {
  const folder = folderWith({});
  const later =
    '{"v":1,"seq":99,"time":"2026-01-02T03:04:05.000Z","run":"r","type":"stage.dreamt","stage":"maps"}\n';
  const text = lines(doneRun.slice(0, 8)) + later + lines(doneRun.slice(8));
  eventFileIn(folder, text);
  expect((await hpl(folder, ['logs', '--progress', 'json'])).out).toBe(text);
  const plain = readFileSync(new URL('expected/plain-done.txt', import.meta.url), 'utf8');
  expect((await hpl(folder, ['logs'])).out).toBe(plain);
});

test.each([
  {
    args: ['logs', '--stage', 'mapz'],
    says: 'error The run has no stage named "mapz". Did you mean "maps"? Its stages: teacher, speeches, hybrid, maps, recover, diagnosis.\n',
  },
  {
    args: ['logs', '20260102-030405-k7q3'],
    says: 'error No run is named "20260102-030405-k7q3" in the stores (.hpl) of this folder and the folders in it. Did you mean "20260102-030405-k7q2"? The latest is 20260102-030405-k7q2; "hpl runs" shows all.\n',
  },
])('$args names what is close', async ({ args, says }) => {
  const folder = folderWith({});
  eventFileIn(folder, lines(doneRun));
  expect(await hpl(folder, args)).toMatchObject({ code: 2, err: says });
});

test('events of another major version are refused', async () => {
  const folder = folderWith({});
  eventFileIn(folder, lines(doneRun).replaceAll('"v":1', '"v":2'));
  const { code, err } = await hpl(folder, ['logs']);
  expect(code).toBe(2);
  expect(err).toContain('this hpl reads version 1');
});

test('the start of several names, and a report where no folder is, are refused in words', async () => {
  const folder = folderWith({});
  eventFileIn(folder, lines(doneRun));
  eventFileIn(folder, lines(doneRun), '20260102-030405-zzzz');
  const store = join(folder, '.hpl');
  expect(await callHpl(['logs', '2026', '--store', store])).toMatchObject({
    code: 2,
    err: `error The names of 2 runs begin with "2026" in the store "${store}". The latest is 20260102-030405-zzzz; "hpl runs" shows all.\n`,
  });
  const out = join(folder, 'nowhere/run.html');
  expect(await callHpl(['report', '--store', store, '--out', out])).toMatchObject({
    code: 2,
    err: `error The report cannot be written to "${out}": there is no folder "${join(folder, 'nowhere')}".\n`,
  });
});
