import type { AddCommand } from './invocation.js';
import type { FormatOptions } from '../format-files.js';

/** `hpl fmt`: pipeline files in their one form. */
export const addFmt: AddCommand = (program, invocation) => {
  program
    .command('fmt')
    .summary('format pipeline files')
    .description('Rewrites pipeline files in their one form. Comments stay; so does the meaning.')
    .argument('[files...]', 'pipeline files')
    .option('--check', 'change nothing; list the files that would change')
    .option('--stdin', 'format standard input to standard output')
    .addHelpText(
      'after',
      `
Examples:
  hpl fmt pipelines/*.hpl
  hpl fmt --check pipelines/*.hpl   in continuous integration
  hpl fmt --stdin < x.hpl           from an editor

Exit codes: 0 done, 2 a file cannot be read as a pipeline,
  3 --check found a file that would change.`,
    )
    .action(async (files: readonly string[], options: FormatOptions) => {
      const { formatFiles } = await import('../format-files.js');
      invocation.exitCode = await formatFiles(files, options, invocation.io);
    });
};
