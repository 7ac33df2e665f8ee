import { StageFailure } from '../../../runtime/contract/stage.js';
import type { TaskContext } from '../../evaluation/task.js';

/** Text to tokens under a stated rule for the beginning of a text. */
export interface TextEncoder {
  /** Tokens of a text, the prefix token before them where `add_bos` says so and the text has none itself. */
  encode(text: string): readonly number[];
  /** Tokens of a text alone. */
  encodeAlone(text: string): readonly number[];
  /** The token that stands before a text which has nothing before it. Throws `StageFailure` where there is none. */
  prefix(): number;
}

/** The rules of lm-evaluation-harness 0.4.13 for models that predict the next token. */
export function textEncoder(
  { encode, start, textOf }: Pick<TaskContext, 'encode' | 'start' | 'textOf'>,
  addBos: boolean,
): TextEncoder {
  const [first] = start;
  const prefix = (): number => {
    if (first !== undefined) return first;
    throw new StageFailure(
      'The tokenizer of the model has no token that begins a text, which this task needs. Name the model with its ' +
        '"bos_token_id" in config.json, and set "add_bos" to false.',
    );
  };
  return {
    encode: (text) =>
      addBos && !text.startsWith(textOf(prefix())) ? [prefix(), ...encode(text)] : encode(text),
    encodeAlone: encode,
    prefix,
  };
}
