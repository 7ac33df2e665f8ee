import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isJsonObject, type JsonObject } from '../../../src/base/json.js';
import { ablate } from '../../../src/plugins/stages/ablate/plugin.js';
import { Ablate } from '../../../src/plugins/stages/ablate/run.js';
import type { StageEvent } from '../../../src/runtime/contract/stage.js';
import {
  collected,
  completed,
  component,
  type TestContext,
  type Workplace,
} from '../evaluation/tiny-workplace.js';

const tasks = [
  component('task', 'perplexity', { data: { stage: 'data' }, sequences: 3 }),
  component('task', 'recall', { distance: 20, pairs: 3, items: 4, gap: 1 }),
];

/** Options of an ablation of the converted model, after defaults. */
export function ablateOptions(settings: JsonObject = {}): JsonObject {
  return completed(ablate, { model: { stage: 'hybrid' }, tasks, batch_size: 2, ...settings });
}

/** An ablation that has run. */
export interface Ablated {
  readonly events: readonly StageEvent[];
  readonly report: JsonObject;
  readonly context: TestContext;
}

/** Runs an ablation. */
export async function ablated(place: Workplace, settings: JsonObject = {}): Promise<Ablated> {
  const context = place.context();
  await mkdir(context.folder, { recursive: true });
  const events = await collected(new Ablate().run(ablateOptions(settings), context));
  return { events, report: await jsonFile(join(context.folder, 'report.json')), context };
}

async function jsonFile(file: string): Promise<JsonObject> {
  const value: unknown = JSON.parse(await readFile(file, 'utf8'));
  if (!isJsonObject(value)) throw new Error(`${file} holds no object`);
  return value;
}

/** The results of a task's branch in report.json. */
export function branchOf(report: JsonObject, task: string, branch: string): JsonObject {
  const found = (report['tasks'] as JsonObject[]).find(({ name }) => name === task);
  const branches = found?.['branches'] as JsonObject[];
  const result = branches.find((entry) => entry['branch'] === branch);
  if (result === undefined) throw new Error(`no ${branch} on ${task}`);
  return result;
}
