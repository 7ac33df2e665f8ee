import type { AddCommand } from './invocation.js';
import { withPlanningFlags } from './planning-flags.js';
import type { PlanningOptions } from '../planning-options.js';

/** `hpl why`: why one stage would run or not. */
export const addWhy: AddCommand = (program, invocation) => {
  withPlanningFlags(program.command('why'))
    .summary('say why a stage would run')
    .description('Says why one stage would run or is cached, and what its result depends on.')
    .argument('<stage>', "a stage's name")
    .argument('<file>', 'the pipeline file')
    .addHelpText(
      'after',
      `
Examples:
  hpl why maps pipelines/quickstart.hpl

Exit codes: 0 shown, 2 invalid file or usage, 5 backend unavailable.`,
    )
    .action(async (stage: string, file: string, options: PlanningOptions) => {
      const { showWhy } = await import('../show-why.js');
      invocation.exitCode = await showWhy(stage, file, options, invocation.io);
    });
};
