import type { AddCommand } from './invocation.js';
import type { RunsOptions } from '../list-runs.js';

/** `hpl runs`: what a store holds of earlier runs. */
export const addRuns: AddCommand = (program, invocation) => {
  const runs = program
    .command('runs')
    .summary('list earlier runs')
    .description('Lists earlier runs, or shows one. Alone it lists them.');
  runs
    .command('list', { isDefault: true })
    .summary('list the runs of a store')
    .description('Lists the runs of a store, the latest last.')
    .option('--json', 'as JSON, on standard output')
    .option('--store <folder>', 'the store that holds the runs, instead of those near here')
    .action(async (options: RunsOptions) => {
      const { listRunsOf } = await import('../list-runs.js');
      invocation.exitCode = await listRunsOf(options, invocation.io);
    });
  runs
    .command('show')
    .summary('show one run')
    .description('Shows one run: what it was about, its stages and its results.')
    .argument('[run]', 'a run\'s name, the start of it, a path, or "last"', 'last')
    .option('--json', 'as JSON, on standard output')
    .option('--store <folder>', 'the store that holds the runs, instead of those near here')
    .action(async (run: string, { json, store }: RunsOptions) => {
      const { writeReport } = await import('../write-report.js');
      const format = json === true ? 'json' : 'text';
      invocation.exitCode = await writeReport(
        run,
        { format, ...(store === undefined ? {} : { store }) },
        invocation.io,
      );
    });
};
