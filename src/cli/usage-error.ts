import type { Command, CommanderError } from 'commander';
import { exitCodes } from './exit-codes.js';
import { CommandFailure } from './command-failure.js';
import { didYouMean } from './suggestion.js';

/** Help or the version was shown, as asked for. */
export class HelpShown extends Error {
  override readonly name = 'HelpShown';

  constructor(readonly exitCode: number) {
    super('help was shown');
  }
}

/** Turns what commander throws into hpl's words: what was found, what is close to it, and where the known is listed. */
export function translateUsageError(error: CommanderError, command: Command): Error {
  if (error.code === 'commander.help') return new HelpShown(exitCodes.invalid);
  if (error.exitCode === 0) return new HelpShown(exitCodes.done);
  if (error.code === 'commander.excessArguments' && isDefaultOfGroup(command)) return unknownIn(command);
  const sentence = error.message
    .replace(/^error: /, '')
    .replace(/'([^']*)'/g, '"$1"')
    .replace(
      /\n\(Did you mean (?:one of )?(.*)\?\)$/s,
      (_, names: string) => `. Did you mean ${quoted(names)}?`,
    );
  const ended = /[.?!]$/.test(sentence) ? sentence : `${sentence}.`;
  const capital = ended.charAt(0).toUpperCase() + ended.slice(1);
  return new CommandFailure(`${capital}\nRun "${fullName(command)} --help" to see what is known.`);
}

/** Commands in a group take no words: one that is there was meant as the name of another. */
function isDefaultOfGroup({ parent, registeredArguments }: Command): boolean {
  return parent?.parent != null && registeredArguments.length === 0;
}

function unknownIn({ parent, args: [word = ''] }: Command): CommandFailure {
  const known = parent?.commands.map((one) => one.name()) ?? [];
  const group = parent === null ? '' : fullName(parent);
  return new CommandFailure(
    `Unknown command "${word}".${didYouMean(word, known)}\nRun "${group} --help" to see what is known.`,
  );
}

function quoted(names: string): string {
  return names
    .split(', ')
    .map((name) => `"${name}"`)
    .join(' or ');
}

function fullName(command: Command): string {
  const parents: string[] = [];
  for (let at: Command | null = command; at !== null; at = at.parent) parents.unshift(at.name());
  return parents.join(' ');
}
