import type { SetupOptions } from '../set-up.js';
import type { AddCommand } from './invocation.js';

/** `hpl setup`: makes native TensorFlow ready on this machine. */
export const addSetup: AddCommand = (program, invocation) => {
  program
    .command('setup')
    .summary('make native TensorFlow ready on this machine')
    .description(
      'Makes the backend "tensorflow" ready: takes TensorFlow from PyPI, compiles the binding and fused operations, ' +
        'and tries them. Once for each machine, and after an update of hpl. What is ready is left alone; an ' +
        'interrupted setup goes on where it stopped.',
    )
    .option('--cuda', 'the build for NVIDIA cards (3.3 GB to download)')
    .option(
      '--from <dir>',
      'take TensorFlow from a folder: wheels, a site-packages, or an unpacked libtensorflow',
    )
    .addHelpText(
      'after',
      `
Needs g++, tar, npm, and (without --from) Python's pip. Everything goes to the
cache folder: $HPL_CACHE, or $XDG_CACHE_HOME/hpl, or ~/.cache/hpl.

Examples:
  hpl setup                  TensorFlow for the processor (270 MB to download)
  hpl setup --cuda           with CUDA
  hpl setup --from ./wheels  without asking PyPI

Exit codes: 0 ready; 5 a piece is missing (the message names it).`,
    )
    .action(async (options: SetupOptions) => {
      const { setUpTensorflow } = await import('../set-up.js');
      invocation.exitCode = await setUpTensorflow(options, invocation.io);
    });
};
