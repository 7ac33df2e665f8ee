import { expect, test } from 'vitest';
import { TtyRenderer } from '../../src/cli/renderers/tty.js';
import { liveFrame } from '../../src/cli/renderers/tty-frame.js';
import { plainPalette } from '../../src/report/palette.js';
import { emptyRunState, runStateAfter } from '../../src/report/run-state.js';
import { displayWidth } from '../../src/report/text-width.js';
import type { RunEvent } from '../../src/runtime/contract/events.js';
import { expectText } from './expected-text.js';
import { recordedScreen } from './recorded-output.js';
import { note, recordRun, started, until } from './record-run.js';
import { doneRun, failedRun, gateRun, interruptedRun } from './recorded-runs.js';

function frame(
  run: readonly RunEvent[],
  seconds: number,
  size: { width: number; height?: number },
): readonly string[] {
  const state = until(run, seconds).reduce(runStateAfter, emptyRunState);
  const now = Date.parse(run[0]!.time) + seconds * 1000;
  return liveFrame(state, { now, height: 24, palette: plainPalette, ...size });
}

/** Plays a run on a terminal, with a tick every 100 ms of the run's own time. */
function play(
  run: readonly RunEvent[],
  width: number,
  height = 24,
): ReturnType<typeof recordedScreen>['terminal'] {
  const { outputs, terminal } = recordedScreen(width, height);
  const renderer = new TtyRenderer(terminal, outputs, 0);
  let now = Date.parse(run[0]!.time);
  for (const event of run) {
    for (; now < Date.parse(event.time); now += 100) renderer.tick(now);
    renderer.show(event);
  }
  renderer.close();
  return terminal;
}

const moments = [0.5, 20, 36.5, 100, 123];

test.each([40, 80, 120])('frames of a run at %i columns', (width) => {
  const frames = moments.map((seconds) =>
    [`--- ${seconds} s`, ...frame(doneRun, seconds, { width })].join('\n'),
  );
  expectText(`frames-${width}.txt`, `${frames.join('\n')}\n`);
});

test.each([20, 33, 40, 63, 80, 120, 200])('no line of a frame reaches the last of %i columns', (width) => {
  for (const run of [doneRun, failedRun, interruptedRun, gateRun]) {
    for (let seconds = 0; seconds < 127; seconds += 1.7) {
      for (const line of frame(run, seconds, { width })) expect(displayWidth(line)).toBeLessThan(width);
    }
  }
});

test('more stages than lines collapse into one line that counts them', () => {
  const names = Array.from({ length: 30 }, (_, index) => `stage_${index + 1}`);
  const run = recordRun([
    [0, started],
    [0, { type: 'run.plan', stages: names.map((name) => note(name, 'data', [])) }],
    ...names
      .slice(0, 9)
      .map(
        (stage, index) =>
          [index, { type: 'stage.cached', stage, kind: 'data', fingerprint: 'ff', summary: {} }] as const,
      ),
    [9, { type: 'stage.started', stage: 'stage_10', kind: 'data', fingerprint: 'ff', pid: 1 }],
  ]);
  expect(frame(run, 10, { width: 80, height: 10 })).toEqual([
    '  ● stage_10  running  1.0 s',
    '  · stage_11  waiting',
    '  · stage_12  waiting',
    '  · stage_13  waiting',
    '  · stage_14  waiting',
    '  … and 25 more: 16 waiting, 9 cached',
    '',
    '  10 s · 9 of 30 stages finished · Ctrl-C stops after this step',
  ]);
});

test.each([
  { name: 'done', run: doneRun },
  { name: 'failed', run: failedRun },
])('what a run that is $name leaves on the terminal', ({ name, run }) => {
  expectText(`tty-${name}.txt`, play(run, 100).text());
});

test('a terminal that becomes narrower in the middle keeps no leftovers', () => {
  const { outputs, terminal } = recordedScreen(100, 24);
  const renderer = new TtyRenderer(terminal, outputs, 0);
  const start = Date.parse(doneRun[0]!.time);
  for (const event of until(doneRun, 20)) renderer.show(event);
  renderer.tick(start + 20_000);
  terminal.resize(60);
  renderer.tick(start + 20_100);
  renderer.tick(start + 20_200);
  expect(terminal.text().match(/● maps/g)).toHaveLength(1);
  expect(terminal.text().match(/diagnosis/g)).toHaveLength(1);
});

test('the cursor is hidden while the table lives, and given back at the end', () => {
  const { outputs, terminal } = recordedScreen(80, 24);
  const renderer = new TtyRenderer(terminal, outputs, 0);
  for (const event of until(doneRun, 5)) renderer.show(event);
  renderer.tick(Date.parse(doneRun[0]!.time) + 5000);
  expect(terminal.cursorVisible).toBe(false);
  renderer.close();
  renderer.close();
  expect(terminal.cursorVisible).toBe(true);
  expect(play(failedRun, 80).cursorVisible).toBe(true);
});

test('events draw nothing by themselves, and a tick without a change draws nothing', () => {
  const { outputs, terminal } = recordedScreen(80, 24);
  const renderer = new TtyRenderer(terminal, outputs, 0);
  for (const event of until(doneRun, 20)) renderer.show(event);
  expect(terminal.writes()).toBe(0);
  const now = Date.parse(doneRun[0]!.time) + 20_000;
  renderer.tick(now);
  renderer.tick(now);
  expect(terminal.writes()).toBe(1);
});

test('what a signal does is said above the table', () => {
  const { outputs, terminal } = recordedScreen(80, 24);
  const renderer = new TtyRenderer(terminal, outputs, 0);
  for (const event of until(doneRun, 20)) renderer.show(event);
  renderer.tick(Date.parse(doneRun[0]!.time) + 20_000);
  renderer.notice('finishing the step');
  const lines = terminal.text().split('\n');
  expect(lines.indexOf('finishing the step')).toBeGreaterThan(0);
  expect(lines.indexOf('finishing the step')).toBeLessThan(
    lines.findIndex((line) => line.includes('● maps')),
  );
});
