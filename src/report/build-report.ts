import type { RunEvent } from '../runtime/contract/events.js';
import { readTables } from './result-table.js';
import { reportSchema, type MetricCurve, type Report, type ReportedStage } from './report.js';
import { emptyRunState, runStateAfter, type RunHeader, type RunState } from './run-state.js';
import type { StageState } from './stage-state.js';

/** The report of a run, from its events in order; undefined where not even the first event was written. Pure. */
export function buildReport(events: readonly RunEvent[]): Report | undefined {
  const state = events.reduce(runStateAfter, emptyRunState);
  const { header, end } = state;
  if (header === undefined) return undefined;
  const curves = collectCurves(events);
  return {
    schema: reportSchema,
    ...about(header),
    startedAt: new Date(state.startedAt ?? 0).toISOString(),
    seconds: end?.seconds ?? ((state.latestAt ?? 0) - (state.startedAt ?? 0)) / 1000,
    status: end?.status ?? 'running',
    ...(end === undefined ? {} : { exitCode: end.exitCode }),
    ...(end?.resume === undefined ? {} : { resume: end.resume }),
    stages: [...state.stages.values()].map((stage) =>
      reportStage(stage, state, curves.get(stage.name) ?? []),
    ),
  };
}

function about(
  header: RunHeader,
): Pick<Report, 'run' | 'pipeline' | 'file' | 'hpl' | 'seed' | 'params' | 'backend' | 'bf16Models'> {
  const { run, pipeline, file, hpl, seed, params, backend, bf16Models } = header;
  const { name, version, device } = backend;
  const about = { run, pipeline, file, hpl, seed, params, backend: { name, version, device } };
  return bf16Models === undefined ? about : { ...about, bf16Models };
}

function reportStage(stage: StageState, state: RunState, curves: readonly MetricCurve[]): ReportedStage {
  const { summary = {}, startedAt, seconds, peakBytes } = stage;
  return {
    name: stage.name,
    kind: stage.kind ?? '',
    status: stage.status,
    fingerprint: stage.fingerprint ?? '',
    after: stage.plan?.after ?? [],
    reason: stage.plan?.reason ?? '',
    ...(startedAt === undefined ? {} : { startedAfter: (startedAt - (state.startedAt ?? startedAt)) / 1000 }),
    ...duration(seconds, stage),
    ...(peakBytes === undefined ? {} : { peakBytes }),
    curves,
    gates: stage.gates.map(({ condition, met, explanation }) => ({ condition, met, explanation })),
    tables: readTables(summary),
    ...(stage.failure === undefined ? {} : { failure: reportFailure(stage.failure) }),
    summary: Object.fromEntries(Object.entries(summary).filter(([name]) => name !== 'tables')),
  };
}

function duration(seconds: number | undefined, stage: StageState): { readonly seconds?: number } {
  if (seconds !== undefined) return { seconds };
  const { startedAt, endedAt } = stage;
  return startedAt === undefined || endedAt === undefined ? {} : { seconds: (endedAt - startedAt) / 1000 };
}

function reportFailure(failure: NonNullable<StageState['failure']>): NonNullable<ReportedStage['failure']> {
  const { cause, remedy, file, line, lastLines } = failure;
  const place = line === undefined ? file : `${file ?? ''}:${line}`;
  return {
    cause,
    ...(remedy === undefined ? {} : { remedy }),
    ...(place === undefined ? {} : { place }),
    lastLines,
  };
}

/** Metrics that only count, so that conditions can name them; their curves are straight lines. */
const counters: ReadonlySet<string> = new Set(['steps', 'epochs', 'evals']);

interface GrowingCurve {
  readonly name: string;
  readonly steps: number[];
  readonly values: (number | string)[];
  readonly standardErrors: (number | null)[];
}

function collectCurves(events: readonly RunEvent[]): ReadonlyMap<string, readonly MetricCurve[]> {
  const curves = new Map<string, Map<string, GrowingCurve>>();
  for (const event of events) {
    if (event.type !== 'stage.metric' || counters.has(event.name)) continue;
    const ofStage = curves.get(event.stage) ?? new Map<string, GrowingCurve>();
    curves.set(event.stage, ofStage);
    const curve = ofStage.get(event.name) ?? { name: event.name, steps: [], values: [], standardErrors: [] };
    ofStage.set(event.name, curve);
    curve.steps.push(event.step);
    curve.values.push(event.value);
    curve.standardErrors.push(event.standardError ?? null);
  }
  return new Map([...curves].map(([stage, ofStage]) => [stage, [...ofStage.values()]]));
}
