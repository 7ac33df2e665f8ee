import { expect, test } from 'vitest';
import { PlainRenderer } from '../../src/cli/renderers/plain.js';
import type { EventBody, RunEvent } from '../../src/runtime/contract/events.js';
import { expectText } from './expected-text.js';
import { recordedOutputs } from './recorded-output.js';
import { note, recordRun, started } from './record-run.js';
import { doneRun, failedRun, gateRun, interruptedRun } from './recorded-runs.js';

function plain(run: readonly RunEvent[], verbosity: 0 | 1 | 2 = 0): string {
  const { outputs, text } = recordedOutputs();
  const renderer = new PlainRenderer(outputs, verbosity);
  for (const event of run) renderer.show(event);
  return text();
}

test.each([
  { name: 'done', run: doneRun },
  { name: 'gate-not-met', run: gateRun },
  { name: 'failed', run: failedRun },
  { name: 'interrupted', run: interruptedRun },
])('a run that is $name, line by line', ({ name, run }) => {
  expectText(`plain-${name}.txt`, plain(run));
});

test('twice verbose shows debug lines, checkpoints and what libraries print', () => {
  expectText('plain-verbose.txt', plain(failedRun, 2));
});

test('no escape code is written without colour', () => {
  expect(plain(doneRun)).not.toContain('\u001b');
});

test('the header names the models whose weights are in bf16, below the backend', () => {
  const run = recordRun([[0, { ...started, bf16Models: ['teacher', 'student'] } as EventBody]]);
  expect(plain(run)).toContain(
    '  backend  wasm 4.22.0, cpu, 1 thread, SIMD\n  weights  bf16 in teacher, student\n  seed     7\n',
  );
});

const silentRun = recordRun([
  [0, started],
  [0, { type: 'run.plan', stages: [note('maps', 'transfer', [])] }],
  [1, { type: 'stage.started', stage: 'maps', kind: 'transfer', fingerprint: 'aa', pid: 1 }],
  [2, { type: 'stage.progress', stage: 'maps', step: 1, of: 9, unit: 'steps' }],
  [95, { type: 'stage.progress', stage: 'maps', step: 2, of: 9, unit: 'steps' }],
]);

test('a stage that is interrupted before its first step has nothing saved', () => {
  const run = recordRun([
    [0, started],
    [0, { type: 'run.plan', stages: [note('maps', 'transfer', [])] }],
    [1, { type: 'stage.interrupted', stage: 'maps', step: 0 }],
  ]);
  expect(plain(run)).toContain('\n[maps] interrupted: nothing to save yet\n');
});

test('a silent stage says every 30 s that it still runs', () => {
  expect(plain(silentRun).split('\n').slice(-5)).toEqual([
    '[maps] still running after 30 s: 1 of 9 steps',
    '[maps] still running after 1 min 00 s: 1 of 9 steps',
    '[maps] still running after 1 min 30 s: 1 of 9 steps',
    '[maps] 2 of 9 steps',
    '',
  ]);
});

test('heartbeats at ticks and heartbeats of a replay are the same lines', () => {
  const { outputs, text } = recordedOutputs();
  const renderer = new PlainRenderer(outputs, 0);
  const start = Date.parse(silentRun[0]!.time);
  let now = start;
  for (const event of silentRun) {
    for (; now < Date.parse(event.time); now += 700) renderer.tick(now);
    renderer.show(event);
  }
  expect(text()).toBe(plain(silentRun));
});

test('a night of silence is a few dozen lines, not a thousand', () => {
  const { outputs, text } = recordedOutputs();
  const renderer = new PlainRenderer(outputs, 0);
  for (const event of silentRun.slice(0, 4)) renderer.show(event);
  renderer.tick(Date.parse(silentRun[0]!.time) + 10 * 3_600_000);
  const heartbeats = text().match(/still running/g) ?? [];
  expect(heartbeats.length).toBeGreaterThan(20);
  expect(heartbeats.length).toBeLessThan(40);
});

test('a tick writes nothing before a heartbeat is due and its event could have arrived', () => {
  const { outputs, text } = recordedOutputs();
  const renderer = new PlainRenderer(outputs, 0);
  for (const event of silentRun.slice(0, 4)) renderer.show(event);
  const before = text();
  const lineAt = Date.parse(silentRun[2]!.time);
  renderer.tick(lineAt + 30_999);
  expect(text()).toBe(before);
  renderer.tick(lineAt + 31_000);
  expect(text()).toBe(`${before}[maps] still running after 30 s: 1 of 9 steps\n`);
});
