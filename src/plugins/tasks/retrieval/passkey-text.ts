import type { RandomStream } from '../../../base/seed.js';
import { fillerSentences } from './filler.js';

/** A text that hides a pass key, up to the place where the model is to name it. */
export interface PasskeyText {
  /** Ends with the question. */
  readonly context: string;
  /** The part of it that ends with the last mention of the key. */
  readonly untilKey: string;
}

const task =
  'There is an important info hidden inside a lot of irrelevant text. Find it and memorize them. I will quiz you ' +
  'about the important information there.';

const question = 'What is the pass key? The pass key is';

/** The text of Landmark Attention: the task, filler, the key, filler, the question; a line each. */
export function passkeyText(key: string, sentences: number, depth: number): PasskeyText {
  const filler = fillerSentences(sentences);
  const before = Math.round(depth * sentences);
  const lines = (parts: readonly string[]): string => parts.filter((part) => part !== '').join('\n');
  const head = lines([task, filler.slice(0, before).join(' ')]);
  const untilKey = `${head}\nThe pass key is ${key}. Remember it. ${key}`;
  const context = lines([`${untilKey} is the pass key.`, filler.slice(before).join(' '), question]);
  return { context, untilKey };
}

/** A number of so many digits that does not begin with a zero. */
export function drawPasskey(digits: number, stream: RandomStream): string {
  return Array.from({ length: digits }, (_, place) =>
    place === 0 ? 1 + stream.integer(9) : stream.integer(10),
  ).join('');
}

/** The share of right answers that guessing gives. */
export function passkeyChance(digits: number): number {
  return 1 / (9 * 10 ** (digits - 1));
}
