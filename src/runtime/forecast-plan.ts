import { dirname, join, resolve } from 'node:path';
import type { Diagnostic } from '../base/diagnostic.js';
import { failed, ok, type Result } from '../base/result.js';
import { InternalError } from '../base/unreachable.js';
import type { CheckedPipeline, CheckedStage } from '../language/checked-pipeline.js';
import type { Catalogue } from './catalogue.js';
import type { Artifact } from './contract/artifact.js';
import type { Forecast, ForecastContext, ForecastProblem } from './contract/forecast.js';
import { diagnosePlan } from './plan-diagnostics.js';
import type { Plan, PlannedStage } from './planned.js';
import { readRecord } from './store/artifact-record.js';
import { storeLayout } from './store/layout.js';

/** What a forecast is made from besides the plan. */
export interface ForecastSources {
  readonly pipeline: CheckedPipeline;
  readonly catalogue: Catalogue;
  /** The store's folder. */
  readonly store: string;
}

/**
 * The plan with what its stages will take, or why stages that are to be computed cannot run on this machine. Asks each
 * plugin that has a forecast, none where nothing is to be computed. Rejects with a `StageFailure` where a setting of the
 * machine is wrong.
 */
export async function forecastPlan(
  plan: Plan,
  sources: ForecastSources,
): Promise<Result<Plan, readonly Diagnostic[]>> {
  if (plan.stages.every(({ action }) => action === 'cached')) return ok(plan);
  const forecasts = await forecastStages(plan, sources);
  const computed = plan.stages.filter(({ action }) => action !== 'cached');
  const places = new Map(sources.pipeline.stages.map((stage) => [stage.name, stage]));
  const problems = [
    ...distinct(computed.flatMap(({ name }) => forecasts.get(name)?.problems ?? [])).map((problem) =>
      diagnoseProblem(problem, stageNamed(places, problem.stage)),
    ),
    ...diagnoseExcess(computed, forecasts, places),
  ];
  if (problems.length > 0) return failed(problems);
  return ok({ ...plan, stages: plan.stages.map((stage) => withMemory(stage, forecasts.get(stage.name))) });
}

async function forecastStages(
  plan: Plan,
  { catalogue, store }: ForecastSources,
): Promise<ReadonlyMap<string, Forecast>> {
  const forecasts = new Map<string, Forecast>();
  for (const stage of plan.stages) {
    const plugin = catalogue.stage(stage.kind);
    const result = resultOf(stage, store);
    const context: ForecastContext = {
      stage: stage.name,
      backend: plan.backend,
      ...(result === undefined ? {} : { result }),
      path: (option) => resolve(dirname(plan.path), option),
      input: ({ stage: name }) => forecasts.get(name)?.artifact,
    };
    forecasts.set(stage.name, (await plugin.forecast?.(stage.options, context)) ?? {});
  }
  return forecasts;
}

/** A stage that does the same work as another has no result before that one has run. */
function resultOf({ action, fingerprint }: PlannedStage, store: string): Artifact | undefined {
  if (action !== 'cached') return undefined;
  const folder = join(storeLayout(store).artifacts, fingerprint);
  const record = readRecord(folder);
  return record && { type: record.type, fingerprint, folder, summary: record.summary };
}

/** Several stages may miss the same thing. */
function distinct(problems: readonly ForecastProblem[]): readonly ForecastProblem[] {
  return [...new Map(problems.map((problem) => [`${problem.stage} ${problem.pointer}`, problem])).values()];
}

function diagnoseProblem({ pointer, message }: ForecastProblem, stage: CheckedStage): Diagnostic {
  return diagnosePlan(
    'not-on-this-machine',
    { message },
    { span: stage.settings.get(pointer) ?? stage.span },
  );
}

/** One mistake, at the stage that would take most: what makes one stage too large often makes others so too. */
function diagnoseExcess(
  computed: readonly PlannedStage[],
  forecasts: ReadonlyMap<string, Forecast>,
  places: ReadonlyMap<string, CheckedStage>,
): readonly Diagnostic[] {
  const excessive = computed.flatMap(({ name }) => {
    const { bytes = 0, excess } = forecasts.get(name)?.memory ?? {};
    return excess === undefined ? [] : [{ name, bytes, excess }];
  });
  const [largest, ...others] = [...excessive].sort((left, right) => right.bytes - left.bytes);
  if (largest === undefined) return [];
  const related = others.map(({ name }) => ({
    message: 'this one would need more than there is, too',
    span: stageNamed(places, name).span,
  }));
  const { excess, name } = largest;
  return [diagnosePlan('exceeds-memory', { excess }, { span: stageNamed(places, name).span, related })];
}

function stageNamed(places: ReadonlyMap<string, CheckedStage>, name: string): CheckedStage {
  const stage = places.get(name);
  if (stage === undefined) throw new InternalError(`a forecast names "${name}", which the pipeline lacks`);
  return stage;
}

function withMemory(stage: PlannedStage, forecast: Forecast | undefined): PlannedStage {
  if (stage.action === 'cached' || forecast?.memory === undefined) return stage;
  const { bytes, atLeast } = forecast.memory;
  return { ...stage, memory: { bytes: Math.round(bytes), ...(atLeast === true ? { atLeast } : {}) } };
}
