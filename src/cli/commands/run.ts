import { counted, oneOf } from '../option-values.js';
import { progressModes } from '../progress-mode.js';
import type { AddCommand } from './invocation.js';
import { withPlanningFlags } from './planning-flags.js';
import type { RunOptions } from '../run-pipeline.js';

/** `hpl run`: computes what is not in the store yet. */
export const addRun: AddCommand = (program, invocation) => {
  withPlanningFlags(program.command('run'))
    .summary('run a pipeline')
    .description(
      'Runs the stages of a pipeline whose results are not in the store yet, and shows the results.',
    )
    .argument('<file>', 'a pipeline file')
    .option('--progress <mode>', `the view: ${progressModes.join(', ')}`, oneOf('--progress', progressModes))
    .option('-q, --quiet', 'only errors, results and the last line')
    .option('-v, --verbose', 'also debug lines; twice: also what libraries print', counted)
    .addHelpText(
      'after',
      `
Progress goes to standard error, results to standard output; "--progress json"
writes the events to standard output instead. The variable HPL_PROGRESS sets
another default than auto. The first Ctrl-C finishes the step and saves it; the
same command goes on from there.

Examples:
  hpl run pipelines/quickstart.hpl
  hpl run mine.hpl --set window=32 --progress plain
  hpl run mine.hpl --progress json | jq -c 'select(.type == "stage.metric")'

Exit codes: 0 done, 1 a stage failed, 2 invalid file or usage,
  4 a "require" is not met, 5 backend, plugin or memory unavailable,
  130 and 143 interrupted.`,
    )
    .action(async (file: string, options: RunOptions) => {
      const { runPipeline } = await import('../run-pipeline.js');
      invocation.exitCode = await runPipeline(file, options, invocation.io);
    });
};
