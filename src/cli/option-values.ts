import { CommandFailure } from './command-failure.js';
import { didYouMean } from './suggestion.js';

/** A parser for an option that takes one of a few words; anything else is refused with the words that are known. */
export function oneOf<Word extends string>(flag: string, known: readonly Word[]): (text: string) => Word {
  return (text) => {
    const word = known.find((candidate) => candidate === text);
    if (word !== undefined) return word;
    throw new CommandFailure(
      `"${text}" is not a value of ${flag}.${didYouMean(text, known)} Known values: ${known.join(', ')}.`,
    );
  };
}

/** Collects every `name=value` of a repeated `--set`. */
export function assignment(
  text: string,
  before: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const equals = text.indexOf('=');
  const name = text.slice(0, equals).trim();
  if (equals < 1 || name === '') {
    throw new CommandFailure(`--set takes name=value, such as --set window=32; found "${text}".`);
  }
  if (Object.hasOwn(before, name)) {
    throw new CommandFailure(
      `--set gives "${name}" twice: "${before[name] ?? ''}" and "${text.slice(equals + 1)}".`,
    );
  }
  return { ...before, [name]: text.slice(equals + 1).trim() };
}

/** Collects every value of a repeated option. */
export function collected(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

/** A parser that counts how often a flag is given. */
export function counted(_text: string, before = 0): number {
  return before + 1;
}

/** A parser for an option that takes a number of at least `least`. */
export function numberAtLeast(flag: string, least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isFinite(value) && value >= least) return value;
    throw new CommandFailure(`${flag} takes a number of at least ${least}; found "${text}".`);
  };
}

/** A parser for an option that takes a share of a whole. */
export function share(flag: string): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && value > 0 && value <= 1) return value;
    throw new CommandFailure(`${flag} takes a number above 0 and at most 1; found "${text}".`);
  };
}

/** As `numberAtLeast`, and whole. */
export function wholeNumberAtLeast(flag: string, least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isSafeInteger(value) && value >= least) return value;
    throw new CommandFailure(`${flag} takes a whole number of at least ${least}; found "${text}".`);
  };
}
