import type { Command } from 'commander';
import { assignment, collected } from '../option-values.js';

/** Adds the flags of every command that makes a plan: parameters, the store, and what computes. */
export function withPlanningFlags(command: Command): Command {
  return command
    .option('--set <name=value>', 'give a "param" another value; repeatable', assignment)
    .option('--store <folder>', 'the store of results')
    .option(
      '--backend <name>',
      'what computes, instead of what the file says; repeatable: the first that is ready',
      collected,
    );
}
