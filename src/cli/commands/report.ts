import { oneOf } from '../option-values.js';
import type { AddCommand } from './invocation.js';
import type { ReportFormat, ReportOptions } from '../write-report.js';

const formats: readonly ReportFormat[] = ['text', 'markdown', 'json', 'html'];

/** `hpl report`: one run as a document. */
export const addReport: AddCommand = (program, invocation) => {
  program
    .command('report')
    .summary('one run as a document')
    .description('Writes the results, the stages and the metric curves of a run as one document.')
    .argument('[run]', 'a run\'s name, the start of it, a path, or "last"', 'last')
    .option('--format <format>', `the form: ${formats.join(', ')}`, oneOf('--format', formats), 'text')
    .option('-o, --out <file>', 'write to a file instead of standard output')
    .option('--store <folder>', 'the store that holds the run, instead of those near here')
    .addHelpText(
      'after',
      `
Examples:
  hpl report                                 the latest run, for the terminal
  hpl report --format html --out run.html    one self-contained page with charts
  hpl report last --format markdown >> notes.md

Exit codes: 0 written, 2 no such run.`,
    )
    .action(async (run: string, options: ReportOptions) => {
      const { writeReport } = await import('../write-report.js');
      invocation.exitCode = await writeReport(run, options, invocation.io);
    });
};
