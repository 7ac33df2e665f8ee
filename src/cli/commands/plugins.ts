import { collected } from '../option-values.js';
import type { AddCommand } from './invocation.js';
import type { PluginsOptions } from '../show-plugins.js';

/** `hpl plugins`: everything that a pipeline file can name. */
export const addPlugins: AddCommand = (program, invocation) => {
  program
    .command('plugins')
    .summary('show what a pipeline file can name')
    .description('Shows every kind of block and every component, or one of them with all its settings.')
    .argument('[name]', 'a kind, such as "feature-map", or a name, such as "hedgehog"')
    .option('--use <file>', 'also the plugins of this file; repeatable', collected)
    .option('--json', 'as JSON, with the whole schemas, on standard output')
    .addHelpText(
      'after',
      `
Examples:
  hpl plugins               everything, one line each
  hpl plugins feature-map   the components of one kind
  hpl plugins transfer      one block or component with its settings

Exit codes: 0 shown, 2 nothing has that name, 5 a plugin file cannot be loaded.`,
    )
    .action(async (name: string | undefined, options: PluginsOptions) => {
      const { showPlugins } = await import('../show-plugins.js');
      invocation.exitCode = await showPlugins(name, options, invocation.io);
    });
};
