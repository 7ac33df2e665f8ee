import { oneOf } from '../option-values.js';
import type { AddCommand } from './invocation.js';
import type { CheckFormat } from '../show-diagnostics.js';

const formats: readonly CheckFormat[] = ['human', 'json', 'github'];

/** `hpl check`: every mistake of pipeline files, without running anything. */
export const addCheck: AddCommand = (program, invocation) => {
  program
    .command('check')
    .summary('find every mistake in pipeline files')
    .description('Reports every mistake in pipeline files at once. Runs nothing and writes nothing.')
    .argument('<files...>', 'pipeline files; "-" is standard input')
    .option('--format <format>', `how to report: ${formats.join(', ')}`, oneOf('--format', formats), 'human')
    .addHelpText(
      'after',
      `
Examples:
  hpl check pipelines/quickstart.hpl
  hpl check pipelines/*.hpl --format github   annotations in a pull request
  hpl check x.hpl --format json | jq '.diagnostics[].message'

Exit codes: 0 no mistakes, 2 mistakes.`,
    )
    .action(async (files: readonly string[], { format }: { readonly format: CheckFormat }) => {
      const { checkFiles } = await import('../check-files.js');
      invocation.exitCode = await checkFiles(files, format, invocation.io);
    });
};
