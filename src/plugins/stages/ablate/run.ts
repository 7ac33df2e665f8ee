import type { JsonObject } from '../../../base/json.js';
import type { StageReference } from '../../../base/signatures.js';
import type { Conversion } from '../../../model/hybrid/conversion.js';
import { StageFailure, type StageContext, type StageEvent } from '../../../runtime/contract/stage.js';
import { componentsIn, linearAllName, teacherName } from '../../evaluation/branch.js';
import { branchModels } from '../../evaluation/branch-models.js';
import { gateEvent } from '../../evaluation/gate.js';
import { measure, type MeasuredModel } from '../../evaluation/measure.js';
import { measureShares } from '../../evaluation/measure-shares.js';
import type { TaskResults } from '../../evaluation/measurement.js';
import { prepareTasks } from '../../evaluation/prepare-tasks.js';
import { longestSequence, sequencesOf, type ItemSequence } from '../../evaluation/task-item.js';
import { writeReport } from '../../evaluation/write-report.js';
import { loadModel, type LoadedModel } from '../../model-artifact.js';
import { findAblation, type Ablation } from './findings.js';
import { ablationReport, ablationTables } from './report.js';

/** Measures every branch on every task, judges `require`, and writes the report. */
export class Ablate {
  async *run(options: JsonObject, context: StageContext): AsyncGenerator<StageEvent, void, undefined> {
    const model = await loadModel(context.input(options['model'] as StageReference), context);
    try {
      yield* ablate(options, model, context);
    } finally {
      model.dispose();
    }
  }
}

async function* ablate(
  options: JsonObject,
  model: LoadedModel,
  context: StageContext,
): AsyncGenerator<StageEvent, void, undefined> {
  const conversion = convertedOnly(model.conversion, options);
  const renormalise = options['renormalise'] !== false;
  const batchSize = Number(options['batch_size']);
  const tasks = yield* prepareTasks(componentsIn(options['tasks']), model, context);
  if (tasks === undefined) return;
  const models = await branchModels(
    componentsIn(options['branches']),
    { model, conversion, renormalise },
    context,
  );
  const metricNames = namesOfMetrics(models);
  const results = yield* measure({ tasks, models, batchSize, metricNames }, context);
  if (results === undefined) return;
  const ablation = findAblation({
    stage: context.stage,
    renormalise,
    window: conversion.window,
    linearScope: conversion.linearScope,
    tasks: results,
    shares: await measureShares(model, sharedSequences(results, batchSize)),
  });
  const gate = gateEvent(options['require'], context, { ...ablation, metricNames });
  if (gate !== undefined) yield gate;
  yield { type: 'output', summary: await published(ablation, context, gate) };
}

/** `linear_all` is a name of the linear branch where that sees all keys anyway and is not measured twice. */
function namesOfMetrics(
  models: readonly MeasuredModel[],
): (branch: string, task: string, metric: string) => readonly string[] {
  const single = !models.some(({ name }) => name === linearAllName);
  return (branch, task, metric) =>
    (branch === 'linear' && single ? [branch, linearAllName] : [branch]).map(
      (name) => `${name}.${task}.${metric}`,
    );
}

/** The sequences that the share of the linear branch is read from: a batch of the longest task. */
function sharedSequences(tasks: readonly TaskResults[], batchSize: number): readonly ItemSequence[] {
  const length = ({ items: [first] }: TaskResults): number =>
    first === undefined ? 0 : longestSequence(first);
  const longest = [...tasks].sort((a, b) => length(b) - length(a))[0];
  return longest?.items.flatMap(sequencesOf).slice(0, batchSize) ?? [];
}

async function published(
  ablation: Ablation,
  context: StageContext,
  gate: StageEvent | undefined,
): Promise<JsonObject> {
  const tables = ablationTables(ablation);
  await writeReport(context.folder, {
    report: ablationReport(ablation, tables, gate),
    tables,
    tasks: ablation.tasks,
  });
  const signatures = ablation.signatures.map(({ code, verdict, task = '', branch }) => ({
    code,
    verdict,
    task,
    branch,
  }));
  return { tables, signatures };
}

function convertedOnly(conversion: Conversion | undefined, options: JsonObject): Conversion {
  if (conversion !== undefined) return conversion;
  const { stage } = options['model'] as StageReference;
  throw new StageFailure(
    `The model "${stage}" was not converted, so it has no branches. Name the output of a "convert", "transfer" or ` +
      `"finetune" stage; to measure the ${teacherName} itself, use "evaluate".`,
  );
}
