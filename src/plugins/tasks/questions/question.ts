import type { TextPair } from '../likelihood/encode-pair.js';

/** A multiple-choice question, as it is put to a model. */
export interface Question {
  /** One a choice; the right choice should have the likeliest one. */
  readonly requests: readonly TextPair[];
  /** What `accuracy_norm` counts the code points of, one a choice; absent where that has no meaning. */
  readonly lengths?: readonly number[];
  /** Index of the right choice. */
  readonly gold: number;
}

/** One context, and choices that may follow it after a space. */
export function choicesAfter(
  context: string,
  choices: readonly string[],
  { gold, lengths }: Pick<Question, 'gold' | 'lengths'>,
): Question {
  return {
    requests: choices.map((choice) => ({ context, continuation: ` ${choice}` })),
    ...(lengths === undefined ? {} : { lengths }),
    gold,
  };
}
