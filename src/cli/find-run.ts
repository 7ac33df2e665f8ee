import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { storeLayout } from '../runtime/store/layout.js';
import { listRuns } from '../runtime/store/run-folder.js';
import { CommandFailure } from './command-failure.js';
import { didYouMean } from './suggestion.js';

/** Where the events of one run are. */
export interface FoundRun {
  readonly id: string;
  readonly events: string;
}

/** The runs that have begun to write, oldest first: of the named store, or of every store near the working folder. */
export async function runsOf(store: string | undefined): Promise<readonly FoundRun[]> {
  const lists = await Promise.all(storesOf(store).map((root) => listRuns(storeLayout(root))));
  // Names begin with the time of the start.
  return lists
    .flat()
    .filter(({ events }) => existsSync(events))
    .sort((left, right) => (left.id < right.id ? -1 : 1));
}

/** The run of a name, of the start of one, of a path, or `last` for the latest. Fails in the user's words. */
export async function findRun(store: string | undefined, name: string): Promise<FoundRun> {
  const runs = await runsOf(store);
  const latest = runs.at(-1);
  const named =
    name === 'last' ? latest : (runs.find(({ id }) => id === name) ?? atPath(name) ?? byStart(runs, name));
  if (named !== undefined) return named;
  const place = placeOf(store);
  if (latest === undefined) {
    throw new CommandFailure(
      `There is no run ${place}. Start one with "hpl run FILE", or name a store with --store.`,
    );
  }
  throw new CommandFailure(
    `${notFound(runs, name, place)} The latest is ${latest.id}; "hpl runs" shows all.`,
  );
}

function notFound(runs: readonly FoundRun[], name: string, place: string): string {
  const names = runs.map(({ id }) => id);
  const count = names.filter((id) => id.startsWith(name)).length;
  return count > 1
    ? `The names of ${count} runs begin with "${name}" ${place}.`
    : `No run is named "${name}" ${place}.${didYouMean(name, names)}`;
}

/** Where runs were looked for, in words. */
export function placeOf(store: string | undefined): string {
  return store === undefined
    ? 'in the stores (.hpl) of this folder and the folders in it'
    : `in the store "${store}"`;
}

/** The named store, or every store near the working folder. */
export function storesOf(store: string | undefined): readonly string[] {
  return store === undefined ? storesNear('.') : [store];
}

/** A store lies beside its pipeline file, and pipeline files lie here or one folder below. */
function storesNear(folder: string): readonly string[] {
  const below = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'node_modules' && !entry.name.startsWith('.'))
    .map((entry) => join(folder, entry.name, '.hpl'));
  return [join(folder, '.hpl'), ...below].filter((store) => existsSync(store));
}

function atPath(path: string): FoundRun | undefined {
  if (!/[/\\]/.test(path) || !existsSync(path)) return undefined;
  const events = statSync(path).isDirectory() ? join(path, 'events.jsonl') : path;
  return existsSync(events) ? { id: path, events } : undefined;
}

function byStart(runs: readonly FoundRun[], start: string): FoundRun | undefined {
  const matching = runs.filter(({ id }) => start !== '' && id.startsWith(start));
  return matching.length === 1 ? matching[0] : undefined;
}
