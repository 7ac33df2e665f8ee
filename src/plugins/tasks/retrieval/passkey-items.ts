import { StageFailure } from '../../../runtime/contract/stage.js';
import type { LocalTask, TaskContext } from '../../evaluation/task.js';
import type { SequenceItem } from '../../evaluation/task-item.js';
import { encodePair } from '../likelihood/encode-pair.js';
import { targetsAtEnd } from '../likelihood/pair-sequence.js';
import { textEncoder, type TextEncoder } from '../likelihood/text-encoder.js';
import { drawPasskey, passkeyChance, passkeyText } from './passkey-text.js';

/** Options of the task after checking. */
export interface PasskeyOptions {
  readonly lengths: readonly number[];
  readonly depths: readonly number[];
  /** For each length and depth. */
  readonly items: number;
  readonly digits: number;
  readonly add_bos: boolean;
  readonly name: string;
}

/**
 * A task that hides a pass key in text and asks for it. Scored by the most probable token at each token of the key,
 * which is right throughout exactly when greedy decoding would give the key, and costs one forward pass.
 */
export function passkeyTask(options: PasskeyOptions): LocalTask {
  return {
    items: (context) => Promise.resolve(passkeyItems(options, context)),
    settings: ({ start: [prefix] }) => ({
      add_bos: options.add_bos,
      ...(prefix === undefined ? {} : { prefix_token: prefix }),
      digits: options.digits,
      scored: 'greedy answer as a whole',
    }),
  };
}

function passkeyItems(options: PasskeyOptions, context: TaskContext): readonly SequenceItem[] {
  const encoder = textEncoder(context, options.add_bos);
  return options.lengths.flatMap((length) => {
    requireContext(length, options, context.contextLength);
    return options.depths.flatMap((depth) =>
      Array.from({ length: options.items }, (_, index) => {
        const id = `tokens-${length}-depth-${depth}-${index}`;
        const key = drawPasskey(options.digits, context.seed.child(id).stream());
        return passkeyItem(id, { key, length, depth }, encoder, options);
      }),
    );
  });
}

interface Hidden {
  readonly key: string;
  /** Most tokens. */
  readonly length: number;
  readonly depth: number;
}

function passkeyItem(
  id: string,
  hidden: Hidden,
  encoder: TextEncoder,
  { name, digits }: PasskeyOptions,
): SequenceItem {
  if (encoded(hidden, 0, encoder).continuation.length === 0)
    throw new StageFailure(
      `The task "${name}" asks for numbers, and the tokenizer of the model has no tokens for ${hidden.key}. Remove it.`,
    );
  const tokensWith = (sentences: number): number => {
    const { context, continuation } = encoded(hidden, sentences, encoder);
    return context.length + continuation.length;
  };
  if (tokensWith(0) > hidden.length)
    throw new StageFailure(
      `The task "${name}" needs ${tokensWith(0)} tokens of this model for its text and a pass key of ${digits} digits ` +
        `even without filler; its "lengths" ask for ${hidden.length}. Ask for more tokens or fewer "digits".`,
    );
  const sentences = most(tokensWith, hidden.length);
  const { untilKey } = passkeyText(hidden.key, sentences, hidden.depth);
  const { context, continuation } = encoded(hidden, sentences, encoder);
  const { length, depth } = hidden;
  return {
    id,
    // The model is run on all but the last token, which nothing is asked behind.
    ...targetsAtEnd([...context, ...continuation.slice(0, -1)], continuation),
    answerLengths: [continuation.length],
    chance: passkeyChance(digits),
    needle: { length, depth, distance: context.length - encoder.encode(untilKey).length },
  };
}

function encoded(
  { key, depth }: Hidden,
  sentences: number,
  encoder: TextEncoder,
): ReturnType<typeof encodePair> {
  return encodePair(encoder, {
    context: passkeyText(key, sentences, depth).context,
    continuation: ` ${key}`,
  });
}

/** The most sentences whose text has at most `limit` tokens, by bisection: more sentences never have fewer tokens. */
function most(tokensWith: (sentences: number) => number, limit: number): number {
  // A sentence has at least one token.
  let [fits, over] = [0, limit + 1];
  while (over - fits > 1) {
    const middle = Math.floor((fits + over) / 2);
    if (tokensWith(middle) <= limit) fits = middle;
    else over = middle;
  }
  return fits;
}

function requireContext(length: number, { name }: PasskeyOptions, contextLength: number): void {
  if (length <= contextLength) return;
  throw new StageFailure(
    `The task "${name}" is to be ${length} tokens long; the model was made for ${contextLength}. Lower its "lengths".`,
  );
}
