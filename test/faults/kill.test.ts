import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { contentsOf, courseOf, type Coordinator, only, type Workshop, workshop } from './coordinator.js';

// Every test starts several processes, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

const walks = `
  walk first { steps = 12, pause = 8 }
  walk second { from = first, steps = 12, pause = 8 }
`;

let made: Promise<Readonly<Record<string, unknown>>> | undefined;

/** What the walks come to when nobody disturbs them. */
function undisturbed(): Promise<Readonly<Record<string, unknown>>> {
  made ??= (async () => {
    const shop = workshop(walks);
    await shop.start().ended;
    return contentsOf(shop.store);
  })();
  return made;
}

/** With what the process was seen to take, where the system says that. */
const killed =
  process.platform === 'linux'
    ? /^The worker process was killed from outside \(SIGKILL\)\. Most often the system does that when memory runs out\. It was seen to take [1-9][\d.]+ MiB of memory\.$/
    : /^The worker process was killed from outside \(SIGKILL\)\. Most often the system does that when memory runs out\.$/;

/** A process that died counts as dead also while its parent has not taken notice. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform !== 'linux' || !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

async function died(pid: number): Promise<boolean> {
  for (let wait = 0; wait < 100 && isAlive(pid); wait += 1) await sleep(50);
  return !isAlive(pid);
}

/** Waits until a stage works, and gives its worker's process. */
async function workerOf(run: Coordinator, stage: string): Promise<number> {
  const event = await run.seen((item) => item.type === 'stage.started' && item.stage === stage);
  return event.type === 'stage.started' ? event.pid : 0;
}

/** Begins a run and kills one of its two processes some time after a stage has begun. */
async function killOnce(
  shop: Workshop,
  moment: { readonly whom: 'worker' | 'coordinator'; readonly stage: string; readonly after: number },
): Promise<void> {
  const run = shop.start();
  const worker = await workerOf(run, moment.stage).catch(() => undefined);
  if (worker !== undefined) {
    await sleep(moment.after);
    if (moment.whom === 'coordinator') run.signal('SIGKILL');
    else if (isAlive(worker)) process.kill(worker, 'SIGKILL');
  }
  const { code, signal } = await run.ended;
  expect([0, 1, null]).toContain(code);
  if (code === null) expect(signal).toBe('SIGKILL');
}

test('killed workers and coordinators at any moment: the next run ends with the same bits', async () => {
  const expected = await undisturbed();
  const moment = fc.record({
    whom: fc.constantFrom('worker' as const, 'coordinator' as const),
    stage: fc.constantFrom('first', 'second'),
    after: fc.nat(250),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(moment, { minLength: 1, maxLength: 3 }), async (moments) => {
      const shop = workshop(walks);
      for (const each of moments) await killOnce(shop, each);
      const { code, stderr } = await shop.start().ended;
      expect([code, stderr]).toEqual([0, '']);
      expect(contentsOf(shop.store)).toEqual(expected);
      expect(readdirSync(join(shop.store, 'temporary'))).toEqual([]);
      expect(readdirSync(join(shop.store, 'checkpoints'))).toEqual([]);
    }),
    { numRuns: 6, endOnFailure: true },
  );
}, 240_000);

test('a killed worker is told as that, and the next run goes on from its last checkpoint', async () => {
  // Slow enough that its memory is looked at before it is killed.
  const shop = workshop(walks.replaceAll('pause = 8', 'pause = 100'));
  const run = shop.start();
  const pid = await workerOf(run, 'first');
  await run.seen((event) => event.type === 'stage.checkpoint' && event.step >= 3);
  process.kill(pid, 'SIGKILL');
  const { code, events } = await run.ended;
  expect(code).toBe(1);
  expect(only(events, 'stage.failed')).toMatchObject({
    stage: 'first',
    cause: expect.stringMatching(killed) as unknown,
    remedy:
      'Give it more memory, or make batches, context or model smaller. Run again: it goes on from its last checkpoint.',
  });
  const next = await shop.start().ended;
  expect(only(next.events, 'run.plan').stages[0]?.action).toBe('resume');
  const [resumed] = next.events.filter((event) => event.type === 'stage.started');
  expect(resumed?.type === 'stage.started' ? (resumed.resumedFrom ?? 0) : 0).toBeGreaterThanOrEqual(3);
});

test('workers die with their coordinator', async () => {
  const shop = workshop('misbehave stuck { kind = spin }');
  const run = shop.start();
  const pid = await workerOf(run, 'stuck');
  run.signal('SIGKILL');
  expect(await died(pid)).toBe(true);
});

test('a run takes over from a dead one at once and ends the workers that it left', async () => {
  const shop = workshop(walks.replaceAll('pause = 8', 'pause = 20'));
  const run = shop.start();
  const orphan = await workerOf(run, 'first');
  run.signal('SIGKILL');
  const next = await shop.start().ended;
  expect([next.code, isAlive(orphan)]).toEqual([0, false]);
});

test.each(['SIGINT', 'SIGTERM'] as const)(
  'the first %s finishes the step and saves it; the next run goes on there',
  async (signal) => {
    const shop = workshop(walks);
    const run = shop.start();
    await run.seen((event) => event.type === 'stage.checkpoint' && event.step === 2);
    run.signal(signal);
    const { code, events } = await run.ended;
    expect(code).toBe(signal === 'SIGINT' ? 130 : 143);
    expect(courseOf(events, 'first').at(-1)).toBe('stage.interrupted');
    const { step } = only(events, 'stage.interrupted');
    expect(only(events, 'stage.skipped')).toMatchObject({
      stage: 'second',
      because: 'the run was interrupted',
    });
    expect(only(events, 'run.finished')).toMatchObject({
      status: 'interrupted',
      resume: `hpl run ${shop.file}`,
    });
    const next = await shop.start().ended;
    const [resumed] = next.events.filter((event) => event.type === 'stage.started');
    expect(resumed).toMatchObject({ stage: 'first', resumedFrom: step });
    expect(contentsOf(shop.store)).toEqual(await undisturbed());
  },
);

test('the second Ctrl-C ends a stage that does not listen', async () => {
  const shop = workshop('misbehave stuck { kind = spin }');
  const run = shop.start();
  const pid = await workerOf(run, 'stuck');
  run.signal('SIGINT');
  await sleep(200);
  expect(isAlive(pid)).toBe(true);
  run.signal('SIGINT');
  const { code, events } = await run.ended;
  expect([code, isAlive(pid)]).toEqual([130, false]);
  expect(only(events, 'stage.interrupted').step).toBe(0);
});

test.each([
  ['spin', 'it computes one step without a pause'],
  ['wait', 'its process lives, but waits for something that does not come'],
])('a plugin that hangs (%s) is ended and told as that', async (kind, words) => {
  const shop = workshop(`misbehave stuck { kind = ${kind} }`);
  const run = shop.start({ HPL_SILENCE_SECONDS: '3' });
  const { code, events } = await run.ended;
  expect(code).toBe(1);
  expect(only(events, 'stage.failed')).toMatchObject({
    cause: `The stage hangs: no sign of progress for 3 s; ${words}.`,
    remedy:
      'Run again: it goes on from its last checkpoint. If a step really takes that long, raise the limit with HPL_SILENCE_SECONDS.',
    lastLines: ['about to do mischief'],
  });
});

test('a worker that kills itself or leaves without a word is told with its last words', async () => {
  const shop = workshop('misbehave a { kind = leave }\nmisbehave b { kind = die }');
  const { events } = await shop.start().ended;
  const causes = events.flatMap((event) => (event.type === 'stage.failed' ? [event.cause] : []));
  expect(causes.sort()).toEqual([
    'The worker process ended with code 7 before its work was done. Its last words: assertion failed: shape',
    // It may be gone before its memory was looked at.
    expect.stringMatching(
      /^The worker process was killed from outside \(SIGKILL\)\. Most often the system does that when memory runs out\.( It was seen to take [1-9][\d.]+ MiB of memory\.)?$/,
    ),
  ]);
});

test('what a stage starts does not outlive it', async () => {
  const shop = workshop('misbehave patient { kind = parent }');
  const run = shop.start();
  const said = await run.seen((event) => event.type === 'stage.log' && event.message.startsWith('child '));
  const child = Number(said.type === 'stage.log' ? said.message.slice(6) : '');
  expect(isAlive(child)).toBe(true);
  run.signal('SIGINT');
  run.signal('SIGTERM');
  await run.ended;
  expect(await died(child)).toBe(true);
});
