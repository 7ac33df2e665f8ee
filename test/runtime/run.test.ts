import { EMPTY, lastValueFrom, NEVER, Observable, Subject, take, toArray } from 'rxjs';
import { expect, test } from 'vitest';
import type { EventBody } from '../../src/runtime/contract/events.js';
import { hashContent } from '../../src/runtime/content-hash.js';
import { plan } from '../../src/runtime/plan.js';
import type { Plan } from '../../src/runtime/planned.js';
import { run, type RunParts } from '../../src/runtime/run.js';
import type { UserSignal } from '../../src/runtime/run-status.js';
import { storeLayout } from '../../src/runtime/store/layout.js';
import { viewStore } from '../../src/runtime/store/store.js';
import type { ExecutorMessage, Interrupt } from '../../src/runtime/worker/executor.js';
import type { WorkOrder } from '../../src/runtime/worker/work-order.js';
import { bakery, catalogueOf, pipeline, stage } from './pipeline.js';
import type { CheckedStage } from '../../src/language/checked-pipeline.js';

const nowhere = '/nonexistent/hpl';

async function planOf(...stages: readonly CheckedStage[]): Promise<Plan> {
  const found = await plan(pipeline('p.hpl', stages), {
    catalogue: catalogueOf(...bakery),
    store: viewStore(nowhere),
    backend: { name: 'cpu', version: '1', device: 'cpu' },
    sourceHash: () => Promise.resolve('code'),
    contentHash: hashContent,
  });
  if (!found.ok) throw new Error(JSON.stringify(found.error));
  return found.value;
}

/** Workers by stage; each is ended by hand. */
class Hands {
  readonly started: string[] = [];
  readonly ended: string[] = [];
  readonly interrupts: string[] = [];
  private readonly workers = new Map<string, Subject<ExecutorMessage>>();

  execute(order: WorkOrder, interrupts: Observable<Interrupt>): Observable<ExecutorMessage> {
    return new Observable((subscriber) => {
      this.started.push(order.stage);
      const worker = new Subject<ExecutorMessage>();
      this.workers.set(order.stage, worker);
      subscriber.add(worker.subscribe(subscriber));
      subscriber.add(
        interrupts.subscribe((interrupt) => this.interrupts.push(`${order.stage} ${interrupt}`)),
      );
      return () => this.ended.push(order.stage);
    });
  }

  say(name: string, ...messages: readonly ExecutorMessage[]): void {
    const worker = this.workers.get(name);
    for (const message of messages) worker?.next(message);
  }

  finish(name: string): void {
    this.end(name, { type: 'finished', summary: {}, gates: [] });
  }

  end(name: string, message: ExecutorMessage): void {
    this.say(name, message);
    this.workers.get(name)?.complete();
  }
}

function partsWith(hands: Hands, changes: Partial<RunParts> = {}): RunParts {
  return {
    executor: hands,
    layout: storeLayout(nowhere),
    store: viewStore(nowhere),
    slots: { cpu: 2, gpu: 1 },
    interrupts: NEVER,
    header: { hpl: '0', pid: 1, store: nowhere },
    resume: 'hpl run p.hpl',
    now: () => 0,
    buildOrder: ({ name }) => ({ stage: name }) as WorkOrder,
    ...changes,
  };
}

const mills = (...names: readonly string[]): readonly CheckedStage[] =>
  names.map((name, index) => stage('mill', name, { size: index }));
const oven = (name: string, ...flours: readonly string[]): CheckedStage =>
  stage('oven', name, { more: flours.map((flour) => ({ stage: flour })) });

function told(events: readonly EventBody[]): readonly string[] {
  return events.map((event) => ('stage' in event ? `${event.type} ${event.stage}` : event.type));
}

test('a run does nothing before it is subscribed to', async () => {
  const hands = new Hands();
  const events = run(await planOf(...mills('a')), partsWith(hands));
  expect(hands.started).toEqual([]);
  events.pipe(take(3)).subscribe();
  expect(hands.started).toEqual(['a']);
});

test('as many stages run as there are slots, and the next begins when one ends', async () => {
  const hands = new Hands();
  run(await planOf(...mills('a', 'b', 'c', 'd')), partsWith(hands)).subscribe();
  expect(hands.started).toEqual(['a', 'b']);
  hands.finish('b');
  expect(hands.started).toEqual(['a', 'b', 'c']);
  hands.end('a', { type: 'failed', cause: 'x' });
  expect(hands.started).toEqual(['a', 'b', 'c', 'd']);
});

test('gpu stages have a slot of their own, and begin as soon as their own inputs exist', async () => {
  const hands = new Hands();
  const stages = [...mills('a', 'b'), oven('x', 'a'), oven('y', 'a', 'a'), oven('z', 'b')];
  run(await planOf(...stages), partsWith(hands)).subscribe();
  hands.finish('a');
  expect(hands.started).toEqual(['a', 'b', 'x']);
  hands.finish('x');
  expect(hands.started).toEqual(['a', 'b', 'x', 'y']);
  hands.finish('b');
  hands.finish('y');
  expect(hands.started).toEqual(['a', 'b', 'x', 'y', 'z']);
});

test('the end of a stage is told before what follows from it', async () => {
  const hands = new Hands();
  const events: EventBody[] = [];
  const stages = [
    ...mills('a'),
    oven('x', 'a'),
    ...mills('b').map((mill) => ({ ...mill, options: { size: 9 } })),
  ];
  run(await planOf(...stages), partsWith(hands)).subscribe((event) => events.push(event));
  hands.end('a', { type: 'failed', cause: 'The mill broke.', remedy: 'Mend it.' });
  hands.finish('b');
  expect(told(events)).toEqual([
    'run.started',
    'run.plan',
    'stage.failed a',
    'stage.skipped x',
    'stage.finished b',
    'run.finished',
  ]);
  expect(events.at(-1)).toMatchObject({ status: 'failed', exitCode: 1, resume: 'hpl run p.hpl' });
});

test('a run of cached stages starts no worker, but one whose result is gone meanwhile fails', async () => {
  const hands = new Hands();
  const found = await planOf(...mills('a'));
  const cached: Plan = { ...found, stages: found.stages.map((item) => ({ ...item, action: 'cached' })) };
  const events = await lastValueFrom(run(cached, partsWith(hands)).pipe(toArray()));
  expect(hands.started).toEqual([]);
  expect(events[2]).toMatchObject({
    type: 'stage.failed',
    cause: 'The stored result cannot be used: it is gone.',
  });
});

test('unsubscription ends every worker', async () => {
  const hands = new Hands();
  const running = run(await planOf(...mills('a', 'b', 'c')), partsWith(hands)).subscribe();
  running.unsubscribe();
  expect([hands.started, hands.ended]).toEqual([
    ['a', 'b'],
    ['a', 'b'],
  ]);
});

test.each<[UserSignal, number]>([
  ['SIGINT', 130],
  ['SIGTERM', 143],
])(
  'after %s workers are told once to finish, once to end, and nothing new begins',
  async (signal, exitCode) => {
    const hands = new Hands();
    const signals = new Subject<UserSignal>();
    const events: EventBody[] = [];
    run(await planOf(...mills('a', 'b', 'c')), partsWith(hands, { interrupts: signals })).subscribe((event) =>
      events.push(event),
    );
    signals.next(signal);
    hands.finish('a');
    signals.next(signal);
    hands.end('b', { type: 'interrupted', step: 0 });
    expect(hands.interrupts).toEqual(['a finish-step', 'b finish-step', 'b abort']);
    expect(told(events).slice(2)).toEqual([
      'stage.finished a',
      'stage.skipped c',
      'stage.interrupted b',
      'run.finished',
    ]);
    expect(events.at(-1)).toMatchObject({ status: 'interrupted', exitCode });
  },
);

test('a signal that comes when everything is done all the same does not spoil the run', async () => {
  const hands = new Hands();
  const signals = new Subject<UserSignal>();
  const events: EventBody[] = [];
  run(await planOf(...mills('a')), partsWith(hands, { interrupts: signals })).subscribe((event) =>
    events.push(event),
  );
  signals.next('SIGINT');
  hands.finish('a');
  expect(events.at(-1)).toMatchObject({ status: 'done', exitCode: 0 });
});

test('a gate that is not met is told at the end, and the stages behind it run', async () => {
  const hands = new Hands();
  const events: EventBody[] = [];
  run(await planOf(...mills('a'), oven('x', 'a')), partsWith(hands)).subscribe((event) => events.push(event));
  hands.say('a', { type: 'gate', condition: 'p < q', met: false, explanation: 'p is 2.' });
  hands.finish('a');
  hands.finish('x');
  expect(told(events).slice(2, -1)).toEqual(['stage.gate a', 'stage.finished a', 'stage.finished x']);
  expect(events.at(-1)).toEqual({ type: 'run.finished', status: 'gate-not-met', exitCode: 4, seconds: 0 });
});

test('progress carries the rate and the time that is left', async () => {
  let now = 0;
  const hands = new Hands();
  const events: EventBody[] = [];
  run(await planOf(...mills('a')), partsWith(hands, { now: () => now })).subscribe((event) =>
    events.push(event),
  );
  for (const step of [1, 3, 5]) {
    hands.say('a', { type: 'progress', step, of: 11, unit: 'steps' });
    now += 1000;
  }
  expect(events.slice(2)).toEqual([
    { type: 'stage.progress', stage: 'a', step: 1, of: 11, unit: 'steps' },
    { type: 'stage.progress', stage: 'a', step: 3, of: 11, unit: 'steps', perSecond: 2, etaSeconds: 4 },
    { type: 'stage.progress', stage: 'a', step: 5, of: 11, unit: 'steps', perSecond: 2, etaSeconds: 3 },
  ]);
});

test('a failure shows the last fifty lines that were logged', async () => {
  const hands = new Hands();
  const events: EventBody[] = [];
  run(await planOf(...mills('a')), partsWith(hands)).subscribe((event) => events.push(event));
  for (let line = 0; line < 60; line += 1) {
    hands.say('a', { type: 'native', stream: 'stderr', line: `line ${line}` });
  }
  hands.end('a', { type: 'failed', cause: 'x' });
  const failure = events.find((event) => event.type === 'stage.failed');
  const lines = failure?.type === 'stage.failed' ? failure.lastLines : [];
  expect([lines.length, lines[0], lines.at(-1)]).toEqual([50, 'line 10', 'line 59']);
});

test('an empty plan is done at once', async () => {
  const events = await lastValueFrom(
    run(await planOf(), partsWith(new Hands(), { interrupts: EMPTY })).pipe(toArray()),
  );
  expect(told(events)).toEqual(['run.started', 'run.plan', 'run.finished']);
});
