import type { GenerateOptions } from '../generation-task.js';
import { collected, numberAtLeast, oneOf, share, wholeNumberAtLeast } from '../option-values.js';
import type { AddCommand } from './invocation.js';

const branches = ['both', 'window', 'linear', 'teacher'] as const;

/** `hpl generate`: text from any model. */
export const addGenerate: AddCommand = (program, invocation) => {
  program
    .command('generate')
    .summary('continue a text with any model')
    .description(
      'Continues a text with a model, token by token, to standard output. A converted model decodes in constant memory.',
    )
    .argument(
      '<model>',
      'a Hugging Face folder, a GGUF file, an artifact (folder or start of its fingerprint), or a stage of a run',
    )
    .requiredOption('--prompt <text>', 'the text to continue; "-" reads standard input')
    .option('--max-tokens <n>', 'how many tokens at most', wholeNumberAtLeast('--max-tokens', 1), 128)
    .option('--temperature <t>', '0 takes the likeliest token always', numberAtLeast('--temperature', 0), 0)
    .option('--top-k <k>', 'choose among so many of the likeliest only', wholeNumberAtLeast('--top-k', 1))
    .option('--top-p <p>', 'choose among the likeliest that together are so likely only', share('--top-p'))
    .option('--seed <n>', 'of the choice', wholeNumberAtLeast('--seed', 0), 0)
    .option('--branch <name>', `what attends: ${branches.join(', ')}`, oneOf('--branch', branches), 'both')
    .option('--bos', "put the model's token for the beginning of a text before the prompt")
    .option('--backend <name>', 'what computes', 'auto')
    .option('--store <folder>', 'the store that holds the artifact, instead of those near here')
    .option('--use <file>', 'a plugin file that the model needs; repeatable', collected)
    .addHelpText(
      'after',
      `
"both" is the model as it is; "window" and "linear" are branches of a converted
model alone, "teacher" is the model before conversion. --top-k and --top-p
choose in this order after --temperature, which must be above 0. The first
Ctrl-C ends the text. Rate and size of the state go to standard error.

Examples:
  hpl generate models/tiny-llama --prompt "My fellow citizens"
  hpl generate tuned --prompt "We must" --temperature 0.8 --top-k 40 --seed 1
  hpl generate 3f2a9c --prompt - --branch linear < prompt.txt

Exit codes: 0 done, 2 no such model or invalid usage, 5 backend unavailable,
  130 and 143 interrupted.`,
    )
    .action(async (model: string, options: GenerateOptions) => {
      const { generateText } = await import('../generate-text.js');
      invocation.exitCode = await generateText(model, options, invocation.io);
    });
};
