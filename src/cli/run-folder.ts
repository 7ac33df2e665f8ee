import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { CommandFailure } from './command-failure.js';
import { didYouMean } from './suggestion.js';

/** Where the events of one run are. */
export interface RunFolder {
  readonly run: string;
  readonly events: string;
}

/** The runs of a store, oldest first by the time at which they began to write. */
export function listRuns(store: string): readonly RunFolder[] {
  const folder = join(store, 'runs');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .map((run) => ({ run, events: join(folder, run, 'events.jsonl') }))
    .filter(({ events }) => existsSync(events))
    .map((found) => ({ ...found, born: statSync(found.events).birthtimeMs }))
    .sort((a, b) => a.born - b.born || (a.run < b.run ? -1 : 1))
    .map(({ run, events }) => ({ run, events }));
}

/** The run of a name, `last` for the latest, or of a path to its folder or event file. Fails in the user's words. */
export function findRun(store: string, name: string): RunFolder {
  const runs = listRuns(store);
  const named =
    name === 'last'
      ? runs.at(-1)
      : (runs.find(({ run }) => run === name) ?? atPath(name) ?? byStart(runs, name));
  if (named !== undefined) return named;
  if (runs.length === 0) {
    throw new CommandFailure(
      `The store "${store}" holds no run. Start one with "hpl run FILE", or name another store with --store.`,
    );
  }
  const names = runs.map(({ run }) => run);
  throw new CommandFailure(
    `No run is named "${name}" in the store "${store}".${didYouMean(name, names)} The latest is ${names.at(-1) ?? ''}; "hpl runs list" shows all.`,
  );
}

function atPath(path: string): RunFolder | undefined {
  if (!/[/\\]/.test(path) || !existsSync(path)) return undefined;
  const events = statSync(path).isDirectory() ? join(path, 'events.jsonl') : path;
  return existsSync(events) ? { run: path, events } : undefined;
}

function byStart(runs: readonly RunFolder[], start: string): RunFolder | undefined {
  const matching = runs.filter(({ run }) => start !== '' && run.startsWith(start));
  return matching.length === 1 ? matching[0] : undefined;
}
