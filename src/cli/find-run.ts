import { existsSync, statSync } from 'node:fs';
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

/** The runs of a store that have begun to write, oldest first. */
export async function runsOf(store: string): Promise<readonly FoundRun[]> {
  const runs = await listRuns(storeLayout(store));
  return runs.filter(({ events }) => existsSync(events)).reverse();
}

/** The run of a name, of the start of one, of a path, or `last` for the latest. Fails in the user's words. */
export async function findRun(store: string, name: string): Promise<FoundRun> {
  const runs = await runsOf(store);
  const latest = runs.at(-1);
  const named =
    name === 'last' ? latest : (runs.find(({ id }) => id === name) ?? atPath(name) ?? byStart(runs, name));
  if (named !== undefined) return named;
  if (latest === undefined) {
    throw new CommandFailure(
      `The store "${store}" holds no run. Start one with "hpl run FILE", or name another store with --store.`,
    );
  }
  const suggestion = didYouMean(
    name,
    runs.map(({ id }) => id),
  );
  throw new CommandFailure(
    `No run is named "${name}" in the store "${store}".${suggestion} The latest is ${latest.id}; "hpl runs list" shows all.`,
  );
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
