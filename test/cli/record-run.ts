import type { EventBody, PlannedStageNote, RunEvent } from '../../src/runtime/contract/events.js';

/** A body and the seconds after the start at which it happens. */
export type Moment = readonly [seconds: number, body: EventBody];

/** Numbers the bodies and gives them their times, as a run does. */
export function recordRun(moments: readonly Moment[], run = '20260102-030405-k7q2'): readonly RunEvent[] {
  const start = Date.parse('2026-01-02T03:04:05.000Z');
  return moments.map(([seconds, body], seq) => ({
    v: 1,
    seq,
    time: new Date(start + Math.round(seconds * 1000)).toISOString(),
    run,
    ...body,
  }));
}

/** The first event of every recorded run. */
export const started: EventBody = {
  type: 'run.started',
  schema: 'hpl.events/1',
  hpl: '0.1.0',
  pipeline: 'quickstart',
  file: 'pipelines/quickstart.hpl',
  seed: 7,
  params: { window: 16, objective: { plugin: 'attention_weights', options: {} } },
  backend: { name: 'wasm', version: '4.22.0', device: 'cpu, 1 thread, SIMD' },
  store: '.hpl',
  pid: 4242,
};

/** A stage of a plan. */
export function note(
  stage: string,
  kind: string,
  after: readonly string[],
  rest: Partial<PlannedStageNote> = {},
): PlannedStageNote {
  return {
    stage,
    kind,
    after,
    fingerprint: stage.repeat(16).slice(0, 64),
    action: 'run',
    reason: 'never run',
    ...rest,
  };
}

/** The events up to a number of seconds after the start. */
export function until(run: readonly RunEvent[], seconds: number): readonly RunEvent[] {
  const start = Date.parse(run[0]!.time);
  return run.filter((event) => Date.parse(event.time) <= start + seconds * 1000);
}
