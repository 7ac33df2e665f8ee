import type { AddCommand } from './invocation.js';
import { withPlanningFlags } from './planning-flags.js';
import type { PlanOptions } from '../show-plan.js';

/** `hpl plan`: what a run would do, and why. */
export const addPlan: AddCommand = (program, invocation) => {
  withPlanningFlags(program.command('plan'))
    .summary('show what a run would do, and why')
    .description(
      'Shows which stages would run, which are cached, why, and the memory that each would take as far as it is ' +
        'known. Runs nothing and writes nothing.',
    )
    .argument('<file>', 'a pipeline file')
    .option('--json', 'the plan as JSON, on standard output')
    .option('--detailed-exitcode', 'end with 3 when something would run')
    .addHelpText(
      'after',
      `
Examples:
  hpl plan pipelines/quickstart.hpl
  hpl plan mine.hpl --set window=32

Exit codes: 0 shown, 2 invalid file or usage, 3 --detailed-exitcode found work,
  5 backend, plugin or memory unavailable.`,
    )
    .action(async (file: string, options: PlanOptions) => {
      const { showPlan } = await import('../show-plan.js');
      invocation.exitCode = await showPlan(file, options, invocation.io);
    });
};
