import { resolve } from 'node:path';
import type { Diagnostic } from '../base/diagnostic.js';
import { failed, ok, type Result } from '../base/result.js';
import { positionOf } from '../base/source-position.js';
import { InternalError } from '../base/unreachable.js';
import type { CheckedPipeline, CheckedStage } from '../language/checked-pipeline.js';
import type { Catalogue } from './catalogue.js';
import type { BackendInfo } from './contract/backend.js';
import { explainDifference, nearestKey } from './explain.js';
import { buildKey, type KeySources } from './build-key.js';
import type { Plan, PlannedStage } from './planned.js';
import { fingerprintOf, type StageKey } from './stage-key.js';
import type { StoreView } from './store/store.js';

/** What planning looks at besides the pipeline. It writes nothing. */
export interface PlanSources extends Omit<KeySources, 'fingerprints' | 'backend'> {
  readonly catalogue: Catalogue;
  readonly store: StoreView;
  readonly backend: BackendInfo;
}

/** Plans a checked pipeline: what each stage depends on, what is in the store already, and why not. */
export async function plan(
  pipeline: CheckedPipeline,
  sources: PlanSources,
): Promise<Result<Plan, readonly Diagnostic[]>> {
  const planner = new Planner(pipeline, sources);
  for (const stage of inOrder(pipeline.stages)) await planner.add(stage);
  if (planner.problems.length > 0) return failed(planner.problems);
  return ok({
    phase: 'planned',
    pipeline: pipeline.name,
    file: pipeline.file,
    path: resolve(pipeline.file),
    seed: pipeline.seed,
    params: Object.fromEntries(pipeline.params.map(({ name, value }) => [name, value])),
    backend: sources.backend,
    stages: planner.stages,
  });
}

/** The file's order, but every stage after those that it names. */
function inOrder(stages: readonly CheckedStage[]): readonly CheckedStage[] {
  const byName = new Map(stages.map((stage) => [stage.name, stage]));
  const ordered = new Set<CheckedStage>();
  const visit = (stage: CheckedStage): void => {
    if (ordered.has(stage)) return;
    for (const input of stage.inputs) visit(byName.get(input.stage) ?? unknownStage(input.stage));
    ordered.add(stage);
  };
  stages.forEach(visit);
  return [...ordered];
}

function unknownStage(name: string): never {
  throw new InternalError(`the checked pipeline refers to "${name}", which it does not have`);
}

class Planner {
  readonly stages: PlannedStage[] = [];
  readonly problems: Diagnostic[] = [];
  private readonly byName = new Map<string, PlannedStage>();

  constructor(
    private readonly pipeline: CheckedPipeline,
    private readonly sources: PlanSources,
  ) {}

  async add(stage: CheckedStage): Promise<void> {
    // A stage behind one that cannot be planned has no fingerprint, and no problem of its own.
    const inputs = [...new Set(stage.inputs.map((input) => input.stage))].map((name) =>
      this.byName.get(name),
    );
    const known = inputs.filter((input) => input !== undefined);
    const plugin = this.sources.catalogue.stage(stage.kind);
    const built = await buildKey(this.pipeline, stage, {
      ...this.sources,
      backend: plugin.resource === 'gpu' ? { name: this.sources.backend.name } : null,
      fingerprints: new Map(known.map((input) => [input.name, input.fingerprint])),
    });
    this.problems.push(...built.problems);
    if (built.problems.length > 0 || known.length < inputs.length) return;
    const fingerprint = fingerprintOf(built.key);
    const twin = this.stages.find((other) => other.fingerprint === fingerprint);
    const planned: PlannedStage = {
      name: stage.name,
      kind: stage.kind,
      line: positionOf(stage.span.source, stage.span.start).line,
      resource: plugin.resource,
      output: plugin.output,
      options: stage.options,
      inputs: known.map(({ name, fingerprint: address }) => ({ stage: name, fingerprint: address })),
      layer: Math.max(-1, ...known.map(({ layer }) => layer)) + 1,
      fingerprint,
      key: built.key,
      ...(twin === undefined
        ? await this.decide(stage, fingerprint, built.key)
        : { action: 'cached', reason: `the same work as "${twin.name}"` }),
      twin: twin?.name ?? null,
      outputFolders: built.outputFolders,
    };
    this.stages.push(planned);
    this.byName.set(stage.name, planned);
  }

  private async decide(
    stage: CheckedStage,
    fingerprint: string,
    key: StageKey,
  ): Promise<Pick<PlannedStage, 'action' | 'reason'>> {
    const { store } = this.sources;
    const found = await store.artifact(fingerprint);
    if (found?.ok === true) return { action: 'cached', reason: 'unchanged' };
    if (found?.ok === false) return { action: 'run', reason: `its stored result is damaged: ${found.error}` };
    const checkpoint = store.checkpoint(fingerprint);
    if (checkpoint !== undefined) {
      return { action: 'resume', reason: `stopped at step ${checkpoint.step}` };
    }
    return { action: 'run', reason: await this.explainMiss(stage, fingerprint, key) };
  }

  private async explainMiss(stage: CheckedStage, fingerprint: string, key: StageKey): Promise<string> {
    const { store } = this.sources;
    const last = await store.lastKey(resolve(this.pipeline.file), stage.name);
    if (last?.fingerprint === fingerprint) return 'not finished in the last run';
    const earlier = last?.key.plugin.name === stage.kind ? last.key : undefined;
    const compared = earlier ?? nearestKey(await store.keysOfKind(stage.kind), key);
    if (compared === undefined) return 'never run';
    const reasons = explainDifference(compared, key);
    return reasons.length === 0 ? 'its result is not in the store' : reasons.join('; ');
  }
}
