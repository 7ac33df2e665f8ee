import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isJsonObject, type JsonObject } from '../../base/json.js';
import { precisionOf } from '../../model/bfloat16/precision.js';
import type { ScoringParts } from '../../model/score-positions.js';
import { sum } from '../../model/statistics.js';
import type { Llama } from '../../model/transformer.js';
import type { StageContext, StageEvent } from '../../runtime/contract/stage.js';
import { refuseExcess } from '../memory/refuse-excess.js';
import { byLength, inFormerOrder } from './by-length.js';
import { itemsFromJson, itemToJson } from './item-json.js';
import { measurementWork } from './measurement-work.js';
import { estimateMetric, type ItemResult, type TaskResults } from './measurement.js';
import { scoreBatch } from './score-batch.js';
import type { TaskMetric } from './task.js';
import { longestSequence, type TaskItem } from './task-item.js';

/** A task with its items made, the same for every branch. */
export interface PreparedTask {
  readonly name: string;
  readonly metrics: readonly TaskMetric[];
  readonly items: readonly TaskItem[];
  /** How the items were made, for reports. */
  readonly settings?: JsonObject;
}

/** One way for the model to attend. */
export interface MeasuredModel {
  /** The branch in metrics. */
  readonly name: string;
  readonly llama: Llama;
  readonly parts: ScoringParts;
}

/** Everything that is to be measured: each model on each task. */
export interface MeasurementPlan {
  readonly tasks: readonly PreparedTask[];
  readonly models: readonly MeasuredModel[];
  /** Items of one batch, and sequences of one forward pass. */
  readonly batchSize: number;
  /** The names of a metric; more than one where a branch is the same as another one. */
  readonly metricNames: (branch: string, task: string, metric: TaskMetric) => readonly string[];
}

/**
 * Measures every model on every task, batch by batch, the same items for each, the shortest first. Emits progress,
 * metrics as soon as a model is through a task, and checkpoints; goes on where an earlier run stopped, to bit-equal
 * results, since batches stay the same. Returns undefined when interrupted, after saving a checkpoint.
 */
export async function* measure(
  plan: MeasurementPlan,
  context: StageContext,
): AsyncGenerator<StageEvent, readonly TaskResults[] | undefined, undefined> {
  refuseLongItems(plan);
  const tasks = plan.tasks.map(shortestFirst);
  const results = await restored(context);
  const of = plan.models.length * sum(plan.tasks.map(({ items }) => batchesOf(items, plan.batchSize)));
  let step = 0;
  let savedAt = context.now();
  for (const model of plan.models) {
    for (const { task, order, items } of tasks) {
      const done = results.get(pairName(model.name, task.name)) ?? [];
      results.set(pairName(model.name, task.name), done);
      step += batchesOf(items.slice(0, done.length), plan.batchSize);
      while (done.length < items.length) {
        if (context.signal.aborted) {
          yield await checkpoint(context, step, results);
          return undefined;
        }
        const batch = items.slice(done.length, done.length + plan.batchSize);
        done.push(...(await scoreBatch({ ...model, batchSize: plan.batchSize }, batch)));
        step += 1;
        yield { type: 'progress', step, of, unit: 'batches' };
        if (context.now() - savedAt >= 1000 * context.checkpoints.intervalSeconds && step < of) {
          yield await checkpoint(context, step, results);
          savedAt = context.now();
        }
      }
      yield* metricEvents(plan, { model: model.name, task, results: inFormerOrder(done, order), step });
    }
  }
  return tasks.map((task) => taskResults(task, plan, results));
}

/** A task, the order in which its items are measured, and the items in it. */
interface OrderedTask {
  readonly task: PreparedTask;
  readonly order: readonly number[];
  readonly items: readonly TaskItem[];
}

function shortestFirst(task: PreparedTask): OrderedTask {
  const order = byLength(task.items);
  return { task, order, items: order.flatMap((place) => task.items[place] ?? []) };
}

/** A task makes its own sequences, so only now it is known how long they are. */
function refuseLongItems({ tasks, models: [model], batchSize }: MeasurementPlan): void {
  if (model === undefined) return;
  const { config } = model.llama;
  const items = tasks.flatMap((task) => task.items);
  const context = items.reduce((longest, item) => Math.max(longest, longestSequence(item)), 1);
  const size = { rows: batchSize, context, precision: precisionOf(model.llama) };
  refuseExcess(config, measurementWork(config, size));
}

function taskResults(
  { task, order }: OrderedTask,
  { models }: MeasurementPlan,
  results: Progress,
): TaskResults {
  return {
    ...task,
    branches: new Map(
      models.map(({ name }) => [name, inFormerOrder(results.get(pairName(name, task.name)) ?? [], order)]),
    ),
  };
}

interface Finished {
  readonly model: string;
  readonly task: PreparedTask;
  readonly results: readonly ItemResult[];
  readonly step: number;
}

function* metricEvents(plan: MeasurementPlan, finished: Finished): Generator<StageEvent, void, undefined> {
  for (const metric of finished.task.metrics) {
    const { value, standardError } = estimateMetric(metric, finished.results);
    const error = Number.isFinite(standardError) ? { standardError } : {};
    for (const name of plan.metricNames(finished.model, finished.task.name, metric))
      yield { type: 'metric', name, value, step: finished.step, ...error };
  }
}

/** Results by model and task, in the order in which they are measured. */
type Progress = Map<string, ItemResult[]>;

const resultsFile = 'results.json';

async function checkpoint(context: StageContext, step: number, results: Progress): Promise<StageEvent> {
  const content = Object.fromEntries([...results].map(([name, items]) => [name, items.map(itemToJson)]));
  await context.checkpoints.save(step, async (folder) => {
    await writeFile(join(folder, resultsFile), JSON.stringify(content));
  });
  return { type: 'checkpoint', step };
}

async function restored(context: StageContext): Promise<Progress> {
  const latest = context.checkpoints.latest();
  if (latest === undefined) return new Map();
  const content: unknown = JSON.parse(await readFile(join(latest.folder, resultsFile), 'utf8'));
  if (!isJsonObject(content)) return new Map();
  return new Map(Object.entries(content).map(([name, items]) => [name, [...itemsFromJson(items)]]));
}

function pairName(branch: string, task: string): string {
  return `${branch}/${task}`;
}

function batchesOf(items: readonly TaskItem[], batchSize: number): number {
  return Math.ceil(items.length / batchSize);
}
