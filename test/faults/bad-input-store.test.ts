import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hpl, startHpl } from '../cli/processes.js';
import { workshop } from './coordinator.js';

test('a second run in a store ends with 1, names the first and how to watch it, and disturbs nothing', async () => {
  const { folder } = workshop('walk first { steps = 100000, pause = 20 }');
  const args = ['run', 'p.hpl', '--store', 'results', '--progress', 'plain'];
  const first = startHpl(folder, args);
  await first.said('[first] started');
  const second = await hpl(folder, args);
  const [run = ''] = readdirSync(join(folder, 'results', 'runs'));
  expect([second.code, second.out]).toEqual([1, '']);
  expect(second.err.replace(/ on \S+\.$/m, ' on HOST.')).toBe(
    `error Another run works in the store results: run ${run}, process ${first.child.pid ?? 0} on HOST.
Wait for it ("hpl logs ${run} --follow --store results" shows it), interrupt it with "kill -INT ${first.child.pid ?? 0}", or name another place with --store.
`,
  );
  first.child.kill('SIGINT');
  expect((await first.ended).code).toBe(130);
}, 60_000);

test('a store that is a file, or lies in one, ends with 1 and says what to do', async () => {
  const { folder } = workshop('walk first { steps = 1 }');
  writeFileSync(join(folder, 'mine'), 'mine');
  const { code, err } = await hpl(folder, ['run', 'p.hpl', '--store', 'mine']);
  expect([code, err]).toEqual([
    1,
    `error A file stands where a folder is needed: opening the store failed at mine.
Move that file away, or name another place with --store.
`,
  ]);
  const inside = await hpl(folder, ['run', 'p.hpl', '--store', 'mine/results']);
  expect([inside.code, inside.err]).toEqual([
    1,
    `error A file stands where a folder is needed: opening the store failed at mine/results.
Move that file away, or name another place with --store.
`,
  ]);
}, 60_000);

test('a plugin that hangs is shown with its place and remedy, and what is finished is kept', async () => {
  const { folder } = workshop('walk first { steps = 2 }\nmisbehave stuck { kind = wait, after = first }');
  const args = ['run', 'p.hpl', '--quiet'];
  // Long enough for a worker to start on a busy machine.
  const { code, err } = await hpl(folder, args, { HPL_SILENCE_SECONDS: '8' });
  expect(code).toBe(1);
  expect(err.split('\n\n')[0]).toBe(`✖ stuck failed  p.hpl:7
  cause    The stage hangs: no sign of progress for 8 s; its process lives, but waits for something
           that does not come.
  remedy   Run again: it goes on from its last checkpoint. If a step really takes that long, raise
           the limit with HPL_SILENCE_SECONDS.
  its last lines:
  │ about to do mischief`);
  const { out } = await hpl(folder, ['plan', 'p.hpl']);
  expect(out).toMatch(/first +walk +cached/);
}, 60_000);
