import { oneOf, counted } from '../option-values.js';
import { progressModes } from '../progress-mode.js';
import type { AddCommand } from './invocation.js';
import type { LogsOptions } from '../show-logs.js';

const levels = ['debug', 'info', 'warning', 'error'] as const;

/** `hpl logs`: shows a run again, or goes on showing one that runs now. */
export const addLogs: AddCommand = (program, invocation) => {
  program
    .command('logs')
    .summary('show what a run said, or watch one that runs now')
    .description('Shows the events of a run through the same views as "hpl run".')
    .argument('[run]', 'a run\'s name, the start of it, a path, or "last"', 'last')
    .option('-f, --follow', 'go on until the run ends, and end with its exit code')
    .option('--stage <name>', 'only this stage')
    .option(
      '--level <level>',
      `log lines of at least this level: ${levels.join(', ')}`,
      oneOf('--level', levels),
    )
    .option('--progress <mode>', `the view: ${progressModes.join(', ')}`, oneOf('--progress', progressModes))
    .option('-v, --verbose', 'also debug lines; twice: also what libraries print', counted)
    .option('--store <folder>', 'the store that holds the run, instead of those near here')
    .addHelpText(
      'after',
      `
Examples:
  hpl logs                        the latest run
  hpl logs --follow               watch it from another terminal
  hpl logs last --stage maps -v   one stage, with its debug lines
  hpl logs --progress json | jq   the events as they are

Exit codes: 0 shown; with --follow that of the run, 1 if it was killed;
  2 no such run or stage.`,
    )
    .action(async (run: string, options: LogsOptions) => {
      const { showLogs } = await import('../show-logs.js');
      invocation.exitCode = await showLogs(run, options, invocation.io);
    });
};
