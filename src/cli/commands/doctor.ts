import type { DoctorOptions } from '../show-diagnosis.js';
import type { AddCommand } from './invocation.js';

/** `hpl doctor`: which backends are ready here, and what to do about the others. */
export const addDoctor: AddCommand = (program, invocation) => {
  program
    .command('doctor')
    .summary('show which backends are ready here, and what to do about the others')
    .description(
      'Shows every backend: ready or not, version, device, threads, bfloat16; and for those that are not, why and the remedy.',
    )
    .option('--json', 'as JSON')
    .option('--conformance', 'also compute every operation on each, and compare values and slopes with "cpu"')
    .addHelpText(
      'after',
      `
Examples:
  hpl doctor                what "backend = auto" would take
  hpl doctor --conformance  whether the backends compute the same (some seconds)

Exit codes: 0 shown; 1 a backend that is ready computes otherwise than "cpu".`,
    )
    .action(async (options: DoctorOptions) => {
      const { showDiagnosis } = await import('../show-diagnosis.js');
      invocation.exitCode = await showDiagnosis(options, invocation.io);
    });
};
