import type { AddCommand } from './invocation.js';
import type { Shell } from '../completion-script.js';

const shells: readonly Shell[] = ['bash', 'zsh', 'fish'];

/** `hpl completion`: a script for the shell. */
export const addCompletion: AddCommand = (program, invocation) => {
  program
    .command('completion')
    .summary('print a completion script for a shell')
    .description('Prints a script that completes commands, options and their values.')
    .argument('<shell>', shells.join(', '))
    .addHelpText(
      'after',
      `
Examples:
  source <(hpl completion bash)                      now
  hpl completion zsh > "\${fpath[1]}/_hpl"            for good
  hpl completion fish > ~/.config/fish/completions/hpl.fish

Exit codes: 0 printed, 2 unknown shell.`,
    )
    .action(async (shell: string) => {
      const { completionScript } = await import('../completion-script.js');
      const { oneOf } = await import('../option-values.js');
      invocation.io.stdout.write(completionScript(oneOf('<shell>', shells)(shell), program));
    });
};
