import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isJsonObject } from '../../base/json.js';
import type { Plan } from '../planned.js';
import { writeWholeFile } from './durable.js';
import type { StoreLayout } from './layout.js';

/** Where a run keeps its record. */
export interface RunFolder {
  readonly id: string;
  readonly folder: string;
  readonly events: string;
  readonly plan: string;
  readonly orders: string;
}

/** Where the run of this name lies in a store. */
function runFolder(layout: StoreLayout, id: string): RunFolder {
  const folder = join(layout.runs, id);
  return {
    id,
    folder,
    events: join(folder, 'events.jsonl'),
    plan: join(folder, 'plan.json'),
    orders: join(folder, 'orders'),
  };
}

/** All runs of a store, newest first. Their names begin with their start time, so they sort by it. */
export async function listRuns(layout: StoreLayout): Promise<readonly RunFolder[]> {
  const names = await readdir(layout.runs).catch(() => []);
  return names
    .sort()
    .reverse()
    .map((id) => runFolder(layout, id));
}

/** The name of a run that starts at this time, such as `20261123-190512-044-1a2b`. */
export function runName(startedAt: Date, pid: number): string {
  const time = startedAt.toISOString().replace(/[-:]/g, '').replace(/[T.]/g, '-').slice(0, 19);
  return `${time}-${pid.toString(36)}`;
}

/** Makes the folder of a new run and keeps its frozen plan there. */
export async function createRun(layout: StoreLayout, id: string, frozen: Plan): Promise<RunFolder> {
  const run = runFolder(layout, id);
  await mkdir(run.orders, { recursive: true });
  await writeWholeFile(run.plan, `${JSON.stringify(frozen, null, 2)}\n`);
  return run;
}

/** The frozen plan of a run; undefined where it is missing or damaged. */
export async function readPlan(run: RunFolder): Promise<Plan | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(run.plan, 'utf8'));
    return isJsonObject(value) && value['phase'] === 'planned' ? (value as unknown as Plan) : undefined;
  } catch {
    return undefined;
  }
}
