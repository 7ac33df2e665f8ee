import { formatDuration } from '../base/format-quantity.js';
import { renderTable } from '../report/render-table.js';
import { emptyRunState, runStateAfter, type RunState } from '../report/run-state.js';
import { paletteFor, wantsColour } from './colour.js';
import { exitCodes } from './exit-codes.js';
import type { Io } from './io.js';
import { isProcessAlive } from './process-alive.js';
import { readRun } from './read-run.js';
import { placeOf, runsOf } from './find-run.js';

/** What the command line gives to `hpl runs`. */
export interface RunsOptions {
  readonly store?: string;
  readonly json?: true;
}

/** Lists the runs of a store, the latest last. Gives the exit code. */
export async function listRunsOf({ store, json }: RunsOptions, io: Io): Promise<number> {
  const rows: ListedRun[] = [];
  for (const { id, events } of await runsOf(store)) {
    const state = (await readRun(events)).reduce(runStateAfter, emptyRunState);
    const row = listedRun(id, state);
    if (row !== undefined) rows.push(row);
  }
  if (json === true) {
    io.stdout.write(`${JSON.stringify({ schema: 'hpl.runs/1', runs: rows }, undefined, 2)}\n`);
  } else if (rows.length === 0) {
    io.stderr.write(`There is no run ${placeOf(store)}. Start one with "hpl run FILE".\n`);
  } else {
    const palette = paletteFor(wantsColour(io.stdout.isTTY === true, io.env));
    io.stdout.write(`${renderTable(tableOf(rows), io.stdout.columns ?? 100, palette).join('\n')}\n`);
  }
  return exitCodes.done;
}

interface ListedRun {
  readonly run: string;
  readonly pipeline: string;
  readonly file: string;
  readonly started: string;
  readonly status: string;
  readonly seconds: number;
  readonly stages: number;
  readonly cached: number;
}

function listedRun(run: string, state: RunState): ListedRun | undefined {
  const { header, end, startedAt = 0, latestAt = 0 } = state;
  if (header === undefined) return undefined;
  return {
    run,
    pipeline: header.pipeline,
    file: header.file,
    started: new Date(startedAt).toISOString(),
    status: end?.status ?? (isProcessAlive(header.pid) ? 'running' : 'killed'),
    seconds: end?.seconds ?? (latestAt - startedAt) / 1000,
    stages: state.stages.size,
    cached: [...state.stages.values()].filter((stage) => stage.status === 'cached').length,
  };
}

function tableOf(runs: readonly ListedRun[]): Parameters<typeof renderTable>[0] {
  return {
    title: '',
    columns: [
      { name: 'run', align: 'left' },
      { name: 'pipeline', align: 'left' },
      { name: 'started', align: 'left' },
      { name: 'status', align: 'left' },
      { name: 'time', align: 'right' },
      { name: 'stages', align: 'right' },
    ],
    rows: runs.map(({ run, pipeline, started, status, seconds, stages, cached }) => [
      run,
      pipeline,
      started.slice(0, 19).replace('T', ' '),
      status,
      formatDuration(seconds),
      cached === 0 ? String(stages) : `${stages} (${cached} cached)`,
    ]),
    notes: [],
  };
}
