import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import type { RunEvent } from '../../src/runtime/contract/events.js';
import { contentsOf, courseOf, only, workshop } from './coordinator.js';

// Every test starts several processes, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

const fillUp = `
  walk first { steps = 3 }
  misbehave greedy { kind = fill, after = first }
`;

/** A small disk of its own for one command, which is gone with it. */
const smallDisk = [
  'unshare',
  '-rm',
  'sh',
  '-c',
  'mount -t tmpfs -o size=3m none "$0" && "$@"; "$@"',
] as const;
const hasSmallDisk = spawnSync('unshare', ['-rm', 'true']).status === 0;

const failures = (events: readonly RunEvent[]): readonly (readonly [string, string, string | undefined])[] =>
  events.flatMap((event) =>
    event.type === 'stage.failed' ? [[event.stage, event.cause, event.remedy] as const] : [],
  );

// Without user namespaces nobody but root can make a small disk.
test.skipIf(!hasSmallDisk)(
  'a full disk fails the stage that fills it, and what is finished is found by the next run',
  async () => {
    const shop = workshop(fillUp);
    const disk = join(shop.folder, 'disk');
    mkdirSync(disk);
    const { events } = await shop.start({}, { before: [...smallDisk, disk], store: join(disk, '.hpl') })
      .ended;
    const greedy = [
      'greedy',
      expect.stringMatching(/^The disk is full: writing the result of "greedy" failed at .*\/temporary\//),
      'Free space, or name another place with --store, and run again. What is finished is kept.',
    ];
    // The command runs twice on the same disk.
    expect(failures(events)).toEqual([greedy, greedy]);
    expect(courseOf(events, 'first').slice(-2)).toEqual(['stage.finished', 'stage.cached']);
    const ends = events.filter((event) => event.type === 'run.finished');
    expect(ends.map(({ status }) => status)).toEqual(['failed', 'failed']);
  },
);

test('a file that grows larger than the system allows is told with its place, and leaves nothing behind', async () => {
  const shop = workshop(fillUp);
  const { code, events } = await shop.start({}, { before: ['prlimit', '--fsize=500000'] }).ended;
  expect(code).toBe(1);
  expect(failures(events)).toEqual([
    [
      'greedy',
      expect.stringMatching(
        /^A file grew larger than the system allows: writing the result of "greedy" failed at .*\/temporary\//,
      ),
      'Raise the limit of file sizes, or name another place with --store, and run again. What is finished is kept.',
    ],
  ]);
  expect(readdirSync(join(shop.store, 'temporary'))).toEqual([]);
  expect(Object.keys(contentsOf(shop.store))).toHaveLength(1);
});

test('two runs in one store: the second is refused with the first one named, and disturbs nothing', async () => {
  const shop = workshop('walk first { steps = 100000, pause = 20 }');
  const first = shop.start();
  const { run } = await first.seen((event) => event.type === 'stage.started');
  const second = await shop.start().ended;
  expect([second.code, second.events]).toEqual([2, []]);
  const pid = String(first.child.pid);
  expect(second.stderr).toMatch(
    `StoreFailure: Another run works in the store ${shop.store}: run ${run}, process ${pid} on `,
  );
  expect(second.stderr).toContain(
    `Wait for it ("hpl logs ${run} --follow --store ${shop.store}" shows it), interrupt it with "kill -INT ${pid}", or name another place with --store.`,
  );
  first.signal('SIGINT');
  const { code, events } = await first.ended;
  expect([code, courseOf(events, 'first').at(-1)]).toEqual([130, 'stage.interrupted']);
});

test('many runs that start at once: one works, the others are refused', async () => {
  const shop = workshop('walk first { steps = 100000, pause = 20 }');
  const runs = [1, 2, 3].map(() => shop.start());
  const working = await Promise.any(
    runs.map(async (run) => {
      await run.seen((event) => event.type === 'stage.started');
      return run;
    }),
  );
  const others = await Promise.all(runs.filter((run) => run !== working).map(({ ended }) => ended));
  expect(others.map(({ code, events }) => [code, events])).toEqual([
    [2, []],
    [2, []],
  ]);
  working.signal('SIGINT');
  expect((await working.ended).code).toBe(130);
});

test('a store that cannot be written is told with its place, and nothing runs', async () => {
  const shop = workshop('walk first { steps = 3 }');
  chmodSync(shop.folder, 0o555);
  const isRoot = process.getuid?.() === 0;
  const { code, events, stderr } = await shop.start({}, isRoot ? { uid: 65534 } : {}).ended;
  expect([code, events]).toEqual([2, []]);
  expect(stderr).toBe(
    `StoreFailure: ${shop.store} cannot be written: opening the store failed. Give this user the right to write there, or name another place with --store.\n`,
  );
});

test('a file where the store should be is told with its place', async () => {
  const shop = workshop('walk first { steps = 3 }');
  writeFileSync(shop.store, 'mine');
  const { code, stderr } = await shop.start().ended;
  expect([code, readFileSync(shop.store, 'utf8')]).toEqual([2, 'mine']);
  expect(stderr).toBe(
    `StoreFailure: A file stands where a folder is needed: opening the store failed at ${shop.store}. Move that file away, or name another place with --store.\n`,
  );
});

test('a copy that cannot be written fails its stage, but the result is kept', async () => {
  const shop = workshop('walk first { steps = 3, copy = "taken" }');
  writeFileSync(join(shop.folder, 'taken'), 'mine');
  const { code, events } = await shop.start().ended;
  expect(code).toBe(1);
  expect(only(events, 'stage.failed').cause).toContain('copying the result failed');
  const made = contentsOf(shop.store);
  shop.write('walk first { steps = 3, copy = "free" }');
  const next = await shop.start().ended;
  expect([next.code, courseOf(next.events, 'first')]).toEqual([0, ['stage.cached']]);
  expect(contentsOf(shop.store)).toEqual(made);
  expect(readdirSync(join(shop.folder, 'free')).sort()).toEqual(['visited.json', 'weights.bin']);
});
