import { writeFile } from 'node:fs/promises';
import type { Diagnostic } from '../base/diagnostic.js';
import type { Source } from '../base/span.js';
import { reasonOf } from '../base/reason.js';
import { print } from '../language/print.js';
import { CommandFailure } from './command-failure.js';
import { exitCodes } from './exit-codes.js';
import type { Io } from './io.js';
import { readSource } from './read-source.js';
import { complain } from './show-diagnostics.js';

/** What the command line gives to `hpl fmt`. */
export interface FormatOptions {
  readonly check?: true;
  readonly stdin?: true;
}

/** Formats files in place, or standard input to standard output. Gives the exit code. */
export async function formatFiles(files: readonly string[], options: FormatOptions, io: Io): Promise<number> {
  const outcomes: Outcome[] = [];
  for (const name of namesOf(files, options)) {
    outcomes.push(await formatOne(await readSource(name, io), options, io));
  }
  const problems = outcomes.flatMap((outcome) => outcome.problems);
  if (problems.length > 0) {
    complain(problems, io);
    return exitCodes.invalid;
  }
  const wouldChange = outcomes.some((outcome) => outcome.isOther);
  return wouldChange && options.check === true ? exitCodes.workFound : exitCodes.done;
}

interface Outcome {
  readonly problems: readonly Diagnostic[];
  /** Whether its one form differs from what was read. */
  readonly isOther: boolean;
}

function namesOf(files: readonly string[], { stdin }: FormatOptions): readonly string[] {
  if (stdin === true && files.length > 0) {
    throw new CommandFailure('--stdin formats standard input; leave out the files.');
  }
  if (stdin === true) return ['-'];
  if (files.length > 0) return files;
  throw new CommandFailure('No file was named. Give pipeline files, or --stdin to format standard input.');
}

async function formatOne(source: Source, options: FormatOptions, io: Io): Promise<Outcome> {
  const printed = print(source);
  if (!printed.ok) return { problems: printed.error, isOther: false };
  const isOther = printed.value !== source.text;
  if (options.stdin === true && options.check !== true) io.stdout.write(printed.value);
  else if (isOther) await change(source, printed.value, options, io);
  return { problems: [], isOther };
}

async function change(source: Source, text: string, { check }: FormatOptions, io: Io): Promise<void> {
  if (check === true) {
    io.stdout.write(`${source.file} would change\n`);
    return;
  }
  await writeFile(source.file, text).catch((error: unknown) => {
    throw new CommandFailure(`The file "${source.file}" cannot be written: ${reasonOf(error)}.`);
  });
  io.stderr.write(`${source.file} formatted\n`);
}
