import { expect, test } from 'vitest';
import { logsCommand } from '../../src/report/logs-command.js';
import type { RunHeader } from '../../src/report/run-state.js';

const header = {
  v: 1,
  seq: 0,
  time: '2026-01-01T00:00:00.000Z',
  type: 'run.started',
  schema: 'hpl.events/1',
  hpl: '0.1.0',
  pipeline: 'p',
  seed: 0,
  params: {},
  backend: { name: 'cpu', version: 'tfjs 4.22.0', device: 'cpu' },
  pid: 1,
  run: '20260101-000000-000-aaa',
} as const;

test.each([
  ['p.hpl', '/home/me/.hpl', ''],
  ['pipelines/p.hpl', '/home/me/pipelines/.hpl', ''],
  ['p.hpl', "/home/me/st o're", String.raw` --store '/home/me/st o'\''re'`],
  ['/data/p.hpl', '/data/.hpl', ' --store /data/.hpl'],
  ['../p.hpl', '/home/.hpl', ' --store /home/.hpl'],
  ['a/b/p.hpl', '/home/me/a/b/.hpl', ' --store /home/me/a/b/.hpl'],
])('the log of a run of %s in the store %s is shown by a command that finds it', (file, store, place) => {
  const started: RunHeader = { ...header, file, store };
  expect(logsCommand(started, 'maps')).toBe(`hpl logs 20260101-000000-000-aaa --stage maps${place}`);
});
