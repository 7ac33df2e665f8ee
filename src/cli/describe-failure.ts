import type { Palette } from '../report/palette.js';
import { UnreadableEvents } from '../runtime/read-events.js';
import { StoreFailure } from '../runtime/store/store-failure.js';
import { CommandFailure } from './command-failure.js';
import { exitCodes } from './exit-codes.js';
import { HelpShown } from './usage-error.js';

/** What to print and to end with when a command threw: the user's mistakes as sentences, ours with their stack. */
export function describeFailure(
  error: unknown,
  palette: Palette,
): { readonly text: string; readonly exitCode: number } {
  if (error instanceof HelpShown) return { text: '', exitCode: error.exitCode };
  if (error instanceof CommandFailure && error.message === '') return { text: '', exitCode: error.exitCode };
  if (error instanceof CommandFailure) {
    return { text: `${palette.red('error')} ${error.message}`, exitCode: error.exitCode };
  }
  if (error instanceof StoreFailure) {
    return {
      text: `${palette.red('error')} ${error.message}\n${error.remedy}`,
      exitCode: exitCodes.stageFailed,
    };
  }
  if (error instanceof UnreadableEvents) {
    return { text: `${palette.red('error')} ${error.message}`, exitCode: exitCodes.invalid };
  }
  const stack = error instanceof Error ? withCauses(error) : String(error);
  return {
    text: [
      `${palette.red('Internal error.')} This is a mistake in hpl, not in your file.`,
      'Please report it with the command that you gave and the text below.',
      '',
      stack,
    ].join('\n'),
    exitCode: exitCodes.internal,
  };
}

function withCauses(error: Error): string {
  const own = error.stack ?? error.message;
  return error.cause instanceof Error ? `${own}\nCaused by: ${withCauses(error.cause)}` : own;
}
