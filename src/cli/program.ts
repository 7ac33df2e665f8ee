import { Command, type CommanderError } from 'commander';
import { paletteFor, wantsColour } from './colour.js';
import { addCheck } from './commands/check.js';
import { addCompletion } from './commands/completion.js';
import { addDoctor } from './commands/doctor.js';
import { addFmt } from './commands/fmt.js';
import { addGenerate } from './commands/generate.js';
import { addLogs } from './commands/logs.js';
import { addPlan } from './commands/plan.js';
import { addPlugins } from './commands/plugins.js';
import { addReport } from './commands/report.js';
import { addRun } from './commands/run.js';
import { addRuns } from './commands/runs.js';
import { addSetup } from './commands/setup.js';
import { addWhy } from './commands/why.js';
import type { AddCommand, Invocation } from './commands/invocation.js';
import { describeFailure } from './describe-failure.js';
import type { Io } from './io.js';
import { packageVersion } from './package-version.js';
import { translateUsageError } from './usage-error.js';

/** Every command, in the order of the help. */
const commands: readonly AddCommand[] = [
  addCheck,
  addFmt,
  addPlan,
  addRun,
  addLogs,
  addReport,
  addGenerate,
  addRuns,
  addWhy,
  addPlugins,
  addSetup,
  addDoctor,
  addCompletion,
];

/** Runs one command line and gives its exit code. Never throws and never ends the process. */
export async function runHpl(args: readonly string[], io: Io): Promise<number> {
  const invocation: Invocation = { io, exitCode: 0 };
  try {
    await createProgram(invocation).parseAsync([...args], { from: 'user' });
    return invocation.exitCode;
  } catch (error) {
    const { text, exitCode } = describeFailure(
      error,
      paletteFor(wantsColour(io.stderr.isTTY === true, io.env)),
    );
    if (text !== '') io.stderr.write(`${text}\n`);
    return exitCode;
  }
}

/** The whole command line as commander knows it. */
export function createProgram(invocation: Invocation): Command {
  const { io } = invocation;
  const palette = paletteFor(wantsColour(io.stdout.isTTY === true, io.env));
  const program = new Command('hpl')
    .description(
      'Converts pretrained transformers to hybrid linear attention, and shows whether the linear branch works.',
    )
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help for a command')
    .showSuggestionAfterError()
    .configureHelp({
      styleTitle: palette.bold,
      styleSubcommandTerm: palette.cyan,
      styleOptionTerm: palette.cyan,
      helpWidth: Math.min(100, io.stdout.columns ?? 100),
    })
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
      outputError: () => undefined,
    })
    .addHelpText('after', programHelp);
  for (const add of commands) add(program, invocation);
  for (const command of [program, ...program.commands, ...program.commands.flatMap((one) => one.commands)]) {
    command.exitOverride((error: CommanderError) => {
      throw translateUsageError(error, command);
    });
  }
  return program;
}

const programHelp = `
Examples:
  hpl check pipelines/*.hpl         find every mistake without running anything
  hpl run pipelines/quickstart.hpl  run what is not in the store yet
  hpl logs --follow                 watch the latest run from another terminal

Exit codes:
  0  done                    3  --check or --detailed-exitcode found work
  1  a stage failed          4  a "require" is not met
  2  invalid file or usage   5  backend, plugin or memory unavailable
  130, 143  interrupted, terminated
`;
