import { CommandFailure } from './command-failure.js';
import type { Io } from './io.js';
import { didYouMean } from './suggestion.js';

export const progressModes = ['auto', 'tty', 'plain', 'json', 'quiet', 'none'] as const;

export type AskedProgress = (typeof progressModes)[number];
export type ProgressMode = Exclude<AskedProgress, 'auto'>;

/** What to show of a run: the flag wins over HPL_PROGRESS; `auto` is the living table on a capable terminal, else plain. */
export function chooseProgress(asked: AskedProgress | undefined, io: Io): ProgressMode {
  const wish = asked ?? fromEnvironment(io.env['HPL_PROGRESS']);
  return wish === 'auto' ? automatic(io) : wish;
}

function automatic({ stderr, env }: Io): ProgressMode {
  const capable = stderr.isTTY === true && env['TERM'] !== 'dumb';
  const inCi = (env['CI'] ?? '') !== '' && env['CI'] !== 'false';
  return capable && !inCi ? 'tty' : 'plain';
}

function fromEnvironment(value: string | undefined): AskedProgress {
  if (value === undefined || value === '') return 'auto';
  const mode = progressModes.find((known) => known === value);
  if (mode !== undefined) return mode;
  throw new CommandFailure(
    `The variable HPL_PROGRESS is "${value}".${didYouMean(value, progressModes)} Known values: ${progressModes.join(', ')}.`,
  );
}
