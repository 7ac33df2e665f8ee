import { existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import type { RunEvent } from '../../src/runtime/contract/events.js';
import { readEvents } from '../../src/runtime/read-events.js';
import { contentsOf, courseOf, only, workshop } from './coordinator.js';

// Every test starts several processes, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

const twoWalks = `
  walk first { steps = 3 }
  walk second { from = first, steps = 3, copy = "copied" }
`;

test('a second run of an unchanged file computes nothing, whatever its comments and spaces', async () => {
  const shop = workshop(twoWalks);
  const first = await shop.start().ended;
  expect([first.code, first.stderr]).toEqual([0, '']);
  expect(courseOf(first.events, 'second')[0]).toBe('stage.started');
  const made = contentsOf(shop.store);
  shop.write(`# a remark\n\n${twoWalks.replace('steps = 3', 'steps   =   3')}`);
  const second = await shop.start().ended;
  expect(second.code).toBe(0);
  expect(['first', 'second'].map((stage) => courseOf(second.events, stage))).toEqual([
    ['stage.cached'],
    ['stage.cached'],
  ]);
  expect(contentsOf(shop.store)).toEqual(made);
  expect(existsSync(join(shop.folder, 'copied/weights.bin'))).toBe(true);
});

test('the event file holds what was displayed, numbered without gaps', async () => {
  const shop = workshop('walk first { steps = 2 }');
  const { events } = await shop.start().ended;
  const run = events[0]?.run ?? '';
  const kept: RunEvent[] = [];
  for await (const event of readEvents(join(shop.store, 'runs', run, 'events.jsonl'))) kept.push(event);
  expect(kept).toEqual(events);
  expect(kept.map(({ seq }) => seq)).toEqual(kept.map((_, index) => index));
  expect([kept[0]?.type, kept[1]?.type, kept.at(-1)?.type]).toEqual([
    'run.started',
    'run.plan',
    'run.finished',
  ]);
});

test('a failed stage takes only those with it that need it, and the run ends with 1', async () => {
  const shop = workshop(`
    misbehave bad { kind = refuse }
    misbehave behind { kind = none, after = bad }
    misbehave last { kind = none, after = behind }
    walk other { steps = 2 }
  `);
  const { code, events } = await shop.start().ended;
  expect(code).toBe(1);
  const failure = only(events, 'stage.failed');
  expect([failure.stage, failure.cause, failure.lastLines]).toEqual([
    'bad',
    'The data is empty. Give it at least one line.',
    ['about to do mischief'],
  ]);
  expect(
    events.flatMap((event) => (event.type === 'stage.skipped' ? [[event.stage, event.because]] : [])),
  ).toEqual([
    ['behind', '"bad" failed'],
    ['last', '"behind" failed'],
  ]);
  expect(courseOf(events, 'other').at(-1)).toBe('stage.finished');
  expect(only(events, 'run.finished')).toMatchObject({ status: 'failed', resume: `hpl run ${shop.file}` });
  expect(Object.keys(contentsOf(shop.store))).toHaveLength(1);
});

test('a plugin that throws is told as a mistake of the plugin, with its file and line, the stack in the log', async () => {
  const shop = workshop('misbehave bad { kind = crash }');
  const { code, events } = await shop.start().ended;
  expect(code).toBe(1);
  const failure = only(events, 'stage.failed');
  const [, file = '', line] =
    /^The plugin "misbehave" broke at (.+):(\d+): TypeError: Cannot read properties of undefined \(reading 'field'\)$/.exec(
      failure.cause,
    ) ?? [];
  expect(file).toMatch(/test\/faults\/plugins\.ts$/);
  expect(readFileSync(file, 'utf8').split('\n')[Number(line) - 1]).toContain('broken.field');
  expect(failure.lastLines.join('\n')).toMatch(/at \S*crash/);
});

test('a failed stage is told with the line of its block in the pipeline file', async () => {
  const shop = workshop('walk first { steps = 2 }\n\nmisbehave bad { kind = refuse }');
  const { events } = await shop.start().ended;
  const { file, line } = only(events, 'stage.failed');
  expect(file).toBe(shop.file);
  expect(readFileSync(shop.file, 'utf8').split('\n')[(line ?? 0) - 1]).toBe(
    'misbehave bad { kind = refuse }',
  );
});

test.each([
  ['silent', 'run() ended without an output event'],
  ['twice', 'run() yielded "output" after its output event'],
])('a plugin that breaks the order of events (%s) fails and leaves no artifact', async (kind, words) => {
  const shop = workshop(`misbehave bad { kind = ${kind} }`);
  const { events } = await shop.start().ended;
  expect(only(events, 'stage.failed').cause).toContain(words);
  expect(existsSync(join(shop.store, 'artifacts'))).toBe(false);
});

test('a gate that is not met ends the run with 4, keeps the artifact, and is replayed from the store', async () => {
  const shop = workshop('misbehave judged { kind = gate }\nmisbehave behind { kind = none, after = judged }');
  for (const course of [
    ['stage.started', 'stage.log', 'stage.gate', 'stage.finished'],
    ['stage.gate', 'stage.cached'],
  ]) {
    const { code, events } = await shop.start().ended;
    expect(code).toBe(4);
    expect(courseOf(events, 'judged')).toEqual(course);
    expect(only(events, 'stage.gate')).toMatchObject({
      met: false,
      condition: 'a >= b',
      explanation: 'a is 1 and b is 2.',
    });
    expect(only(events, 'run.finished')).toMatchObject({ status: 'gate-not-met', exitCode: 4 });
  }
});

test('metrics that are no numbers are words in the events', async () => {
  const { code, events } = await workshop('misbehave odd { kind = nan }').start().ended;
  expect(code).toBe(0);
  expect(events.flatMap((event) => (event.type === 'stage.metric' ? [event.value] : []))).toEqual([
    'NaN',
    '-Infinity',
  ]);
});

test('what libraries print becomes native log events', async () => {
  const { events } = await workshop('misbehave odd { kind = chatter }').start().ended;
  const native = events.flatMap((event) =>
    event.type === 'stage.log' && event.source === 'native' ? [`${event.level} ${event.message}`] : [],
  );
  expect(native.sort()).toEqual(['info printed by a library', 'warning warned by a library']);
});

test('a damaged artifact is made anew and the reason says what was damaged', async () => {
  const shop = workshop('walk first { steps = 2 }');
  await shop.start().ended;
  const [fingerprint = ''] = Object.keys(contentsOf(shop.store));
  const made = contentsOf(shop.store);
  truncateSync(join(shop.store, 'artifacts', fingerprint, 'weights.bin'), 8);
  const { code, events } = await shop.start().ended;
  expect(code).toBe(0);
  expect(only(events, 'run.plan').stages[0]?.reason).toBe(
    'its stored result is damaged: its file weights.bin has 8 bytes, not 16',
  );
  expect(contentsOf(shop.store)).toEqual(made);
});

test('a plugin file that is missing or broken is a diagnostic, and nothing runs', async () => {
  const shop = workshop('use_me x {}');
  writeFileSync(shop.file, 'hpl 1\nuse "./missing.ts"\npipeline p {\n}\n');
  const missing = await shop.start().ended;
  expect(missing.code).toBe(2);
  expect(missing.stderr).toContain('plugin-load-failed');
  writeFileSync(join(shop.folder, 'broken.ts'), 'export const = ;');
  writeFileSync(shop.file, 'hpl 1\nuse "./broken.ts"\npipeline p {\n}\n');
  const broken = await shop.start().ended;
  expect([broken.code, existsSync(shop.store)]).toEqual([2, false]);
  expect(broken.stderr).toContain('broken.ts');
});
