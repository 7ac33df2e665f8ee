import type { JsonObject } from '../../../base/json.js';
import type { ComponentValue, StageReference } from '../../../base/signatures.js';
import type { StageContext, StageEvent } from '../../../runtime/contract/stage.js';
import { branchTitle, componentsIn } from '../../evaluation/branch.js';
import { branchModel, teacherModel } from '../../evaluation/branch-models.js';
import { constantAnswers } from '../../evaluation/failure-signatures.js';
import { gateEvent } from '../../evaluation/gate.js';
import { groupEstimates } from '../../evaluation/group-estimates.js';
import { measure, type MeasuredModel } from '../../evaluation/measure.js';
import type { TaskResults } from '../../evaluation/measurement.js';
import { needleTables } from '../../evaluation/needle-table.js';
import { estimateText, scoreText } from '../../evaluation/number-text.js';
import { prepareTasks } from '../../evaluation/prepare-tasks.js';
import { resultTables, type Table } from '../../evaluation/result-table.js';
import { chanceLevel } from '../../evaluation/task-item.js';
import { taskReport } from '../../evaluation/task-report.js';
import { writeReport } from '../../evaluation/write-report.js';
import { loadModel, type LoadedModel } from '../../model-artifact.js';

/** Measures one model on every task, judges `require`, and writes the report. */
export class Evaluate {
  async *run(options: JsonObject, context: StageContext): AsyncGenerator<StageEvent, void, undefined> {
    const model = await loadModel(context.input(options['model'] as StageReference), context);
    try {
      yield* evaluate(options, model, context);
    } finally {
      model.dispose();
    }
  }
}

async function* evaluate(
  options: JsonObject,
  model: LoadedModel,
  context: StageContext,
): AsyncGenerator<StageEvent, void, undefined> {
  const tasks = yield* prepareTasks(componentsIn(options['tasks']), model, context);
  if (tasks === undefined) return;
  const measured = await measuredModel(options, model, context);
  const results = yield* measure(
    {
      tasks,
      models: [measured],
      batchSize: Number(options['batch_size']),
      metricNames,
    },
    context,
  );
  if (results === undefined) return;
  const gate = gateEvent(options['require'], context, {
    tasks: results,
    signatures: [],
    metricNames,
    applicable: () => true,
  });
  if (gate !== undefined) yield gate;
  const tables = evaluationTables(context.stage, measured.name, results);
  await writeReport(context.folder, {
    report: evaluationReport(context.stage, { measured, results, tables, gate }),
    tables,
    tasks: results,
  });
  yield { type: 'output', summary: { tables } };
}

function metricNames(_branch: string, task: string, metric: string): readonly string[] {
  return [`${task}.${metric}`];
}

/** The branch of a converted model; a model that was not converted as it is. */
async function measuredModel(
  options: JsonObject,
  model: LoadedModel,
  context: StageContext,
): Promise<MeasuredModel> {
  const { conversion } = model;
  if (conversion === undefined) return teacherModel(model);
  const branch = options['branch'] as ComponentValue;
  return branchModel(branch, { model, conversion, renormalise: true }, context);
}

function evaluationTables(stage: string, branch: string, tasks: readonly TaskResults[]): readonly Table[] {
  const shown = { name: branch, title: branchTitle(branch) };
  return [
    ...resultTables({
      title: stage,
      branches: [shown],
      tasks,
      reference: shown,
      applicable: () => true,
      notes: tasks.flatMap((task) => [
        `${task.name}: ${task.items.length} items; ± one standard error over items${chanceText(task)}.`,
        ...constantAnswers(task).map(({ text }) => text),
        ...groupsNote(task, branch),
      ]),
    }),
    ...needleTables(stage, tasks),
  ];
}

/** What guessing would give, where that is known. */
function chanceText({ items }: TaskResults): string {
  const chance = chanceLevel(items);
  return chance === undefined ? '' : `; guessing gives ${scoreText(chance)}`;
}

/** Accuracies of the groups of subjects, where a task has any. */
function groupsNote(task: TaskResults, branch: string): readonly string[] {
  const groups = groupEstimates(task, task.branches.get(branch) ?? []).filter(({ of }) => of === 'group');
  if (groups.length === 0) return [];
  const texts = groups.map(({ name, estimate }) => `${name} ${estimateText(estimate)} (${estimate.items})`);
  return [`${task.name} by group of subjects, with pooled standard errors and items: ${texts.join(', ')}.`];
}

interface Evaluation {
  readonly measured: MeasuredModel;
  readonly results: readonly TaskResults[];
  readonly tables: readonly Table[];
  readonly gate: StageEvent | undefined;
}

function evaluationReport(stage: string, { measured, results, tables, gate }: Evaluation): JsonObject {
  return {
    schema: 'hpl.evaluation/1',
    stage,
    branch: measured.name,
    tasks: results.map((task) => taskReport(task)),
    ...(gate?.type === 'gate'
      ? { gate: { condition: gate.condition, met: gate.met, explanation: gate.explanation } }
      : {}),
    tables,
  };
}
