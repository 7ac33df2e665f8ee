import type { JsonObject } from '../base/json.js';
import { unreachable } from '../base/unreachable.js';
import type { PlannedStageNote, StageBody } from '../runtime/contract/events.js';

type Of<Type extends StageBody['type']> = Extract<StageBody, { type: Type }>;

export type StageStatus = 'waiting' | 'running' | 'done' | 'cached' | 'failed' | 'interrupted' | 'skipped';

/** One stage at one moment of a run. */
export interface StageState {
  readonly name: string;
  readonly status: StageStatus;
  readonly plan?: PlannedStageNote;
  readonly kind?: string;
  readonly fingerprint?: string;
  /** Milliseconds since 1970 at which the worker began, and at which the stage ended. */
  readonly startedAt?: number;
  readonly endedAt?: number;
  readonly seconds?: number;
  readonly resumedFrom?: number;
  readonly progress?: Of<'stage.progress'>;
  /** By name, in the order in which they were first reported. */
  readonly metrics: ReadonlyMap<string, MetricTrail>;
  readonly checkpoint?: number;
  readonly gates: readonly Of<'stage.gate'>[];
  readonly summary?: JsonObject;
  readonly peakBytes?: number;
  readonly failure?: Of<'stage.failed'>;
  readonly because?: string;
}

/** The latest value of a metric and where it came from. */
export interface MetricTrail {
  readonly latest: Of<'stage.metric'>;
  /** Finite values in order, thinned evenly once there are many; enough for a sparkline. */
  readonly trail: readonly number[];
}

/** A stage of which nothing is known but, perhaps, its plan. */
export function waitingStage(name: string, plan?: PlannedStageNote): StageState {
  const known = plan === undefined ? {} : { plan, kind: plan.kind, fingerprint: plan.fingerprint };
  return { name, status: 'waiting', metrics: new Map(), gates: [], ...known };
}

/** The stage after one more event; `at` is the event's time in milliseconds since 1970. Pure. */
export function stageAfter(stage: StageState, event: StageBody, at: number): StageState {
  switch (event.type) {
    case 'stage.started':
      return started(stage, event, at);
    case 'stage.progress':
      return { ...stage, progress: event };
    case 'stage.metric':
      return { ...stage, metrics: new Map(stage.metrics).set(event.name, followed(stage, event)) };
    case 'stage.log':
      return stage;
    case 'stage.checkpoint':
      return { ...stage, checkpoint: event.step };
    case 'stage.gate':
      return { ...stage, gates: [...stage.gates, event] };
    default:
      return ended(stage, event, at);
  }
}

/** The metric that says most about how a stage is doing: held-out quality first, then the training loss. */
export function keyMetric(stage: StageState): MetricTrail | undefined {
  for (const wanted of keyMetricOrder) {
    for (const [name, trail] of stage.metrics) if (wanted.test(name)) return trail;
  }
  return stage.metrics.values().next().value;
}

const keyMetricOrder = [
  /^validation\.loss$/,
  /^both\..*accuracy$/,
  /accuracy$/,
  /^both\.loss$/,
  /loss$/,
  /perplexity$/,
];

type EndEvent = Exclude<
  StageBody,
  { type: `stage.${'started' | 'progress' | 'metric' | 'log' | 'checkpoint' | 'gate'}` }
>;

function ended(stage: StageState, event: EndEvent, at: number): StageState {
  const closed = { ...stage, endedAt: at };
  switch (event.type) {
    case 'stage.cached': {
      const { kind, fingerprint, summary } = event;
      return { ...closed, status: 'cached', kind, fingerprint, summary };
    }
    case 'stage.finished': {
      const { fingerprint, seconds, summary, peakBytes } = event;
      const peak = peakBytes === undefined ? {} : { peakBytes };
      return { ...closed, status: 'done', fingerprint, seconds, summary, ...peak };
    }
    case 'stage.failed':
      return { ...closed, status: 'failed', failure: event };
    case 'stage.interrupted':
      return { ...closed, status: 'interrupted', checkpoint: event.step };
    case 'stage.skipped':
      return { ...closed, status: 'skipped', because: event.because };
    default:
      return unreachable(event);
  }
}

function started(stage: StageState, event: Of<'stage.started'>, at: number): StageState {
  const { kind, fingerprint, resumedFrom } = event;
  const resumed = resumedFrom === undefined ? {} : { resumedFrom };
  return { ...stage, status: 'running', startedAt: at, kind, fingerprint, ...resumed };
}

const longestTrail = 256;

function followed(stage: StageState, event: Of<'stage.metric'>): MetricTrail {
  const before = stage.metrics.get(event.name)?.trail ?? [];
  if (typeof event.value === 'string') return { latest: event, trail: before };
  const kept = before.length < longestTrail ? before : before.filter((_, index) => index % 2 === 0);
  return { latest: event, trail: [...kept, event.value] };
}
