import type { JsonObject } from '../../base/json.js';
import type { RandomStream, Seed } from '../../base/seed.js';
import type { StageReference } from '../../base/signatures.js';
import {
  recallEvaluationSequence,
  recallText,
  recallTextNeeded,
  recallVocabulary,
  type RecallEvaluation,
  type RecallSequence,
  type RecallVocabulary,
} from '../../model/recall-sequences.js';
import { StageFailure } from '../../runtime/contract/stage.js';
import { heldOutRows, isText } from '../evaluation/held-out-rows.js';
import type { LocalTask, TaskContext } from '../evaluation/task.js';
import type { SequenceItem } from '../evaluation/task-item.js';

/** Sequences of pairs and queries at one distance; the answers to the queries are scored. */
export function recallTask(options: JsonObject): LocalTask {
  return { items: (context) => recallItems(options, context) };
}

/** Tokens after each pair and each query where the options do not say it. */
const usualGap = 2;

async function recallItems(options: JsonObject, context: TaskContext): Promise<readonly SequenceItem[]> {
  const shape: RecallEvaluation = {
    pairs: Number(options['pairs']),
    distance: Number(options['distance']),
    gap: Number(options['gap'] ?? usualGap),
  };
  const vocabulary = recallVocabulary((token) => context.textOf(token), context.vocabularySize);
  const textFor = await textSource(options, context, vocabulary);
  // Every key has as many values of its own, which a model may have learned.
  const chance = 1 / Math.max(1, vocabulary.keys[0]?.values.length ?? 1);
  const items = Array.from({ length: Number(options['items']) }, (_, index) => {
    const seed = context.seed.child(`item-${index}`);
    const text = textFor(recallTextNeeded(shape), seed);
    const sequence = drawn({ vocabulary, start: context.start, text }, shape, seed);
    return recallItem(`sequence-${index}`, sequence, chance);
  });
  requireContext(items, shape, context.contextLength);
  return items;
}

function drawn(
  material: Parameters<typeof recallEvaluationSequence>[0],
  shape: RecallEvaluation,
  seed: Seed,
): RecallSequence {
  try {
    return recallEvaluationSequence(material, shape, seed.child('sequence').stream());
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new StageFailure(
      `The task "recall" cannot be made. ${cause.message} Ask for fewer "pairs", a smaller "gap" or a shorter ` +
        '"distance", or name "data" with longer rows.',
      { cause },
    );
  }
}

function recallItem(id: string, { tokens, answers }: RecallSequence, chance: number): SequenceItem {
  return {
    id,
    tokens,
    scored: answers.map(({ position, expected }) => ({ position: position - 1, target: expected })),
    chance,
  };
}

function requireContext(
  items: readonly SequenceItem[],
  shape: RecallEvaluation,
  contextLength: number,
): void {
  const longest = Math.max(...items.map(({ tokens }) => tokens.length));
  if (longest <= contextLength) return;
  throw new StageFailure(
    `The task "recall" needs sequences of ${longest} tokens for ${shape.pairs} pairs at a distance of ` +
      `${shape.distance} tokens; the model was made for ${contextLength}. Ask for fewer "pairs" or a shorter "distance".`,
  );
}

type TextFor = (length: number, seed: Seed) => readonly number[];

/** Text from held-out rows where `data` is named; else random tokens, neither keys nor values. */
async function textSource(
  options: JsonObject,
  context: TaskContext,
  vocabulary: RecallVocabulary,
): Promise<TextFor> {
  const data = options['data'];
  const all = Array.from({ length: context.vocabularySize }, (_, token) => token);
  const others = recallText(all, vocabulary).filter((token) => !context.start.includes(token));
  if (data === undefined) return randomTokens(others);
  const rows = await heldOutRows(context, data as StageReference);
  const texts = rows.filter(isText).map(({ tokens }) => recallText(tokens, vocabulary));
  if (texts.length === 0)
    throw new StageFailure(
      'The task "recall" takes text from held-out rows, and those of its "data" are questions. Name a data set of text.',
    );
  return consecutiveRows(texts);
}

function randomTokens(tokens: readonly number[]): TextFor {
  return (length, seed) => {
    const stream = seed.child('text').stream();
    return Array.from({ length }, () => pick(tokens, stream));
  };
}

/** Text from a random row on, over into the next ones as far as needed. */
function consecutiveRows(texts: readonly (readonly number[])[]): TextFor {
  return (length, seed) => {
    const first = seed.child('text').stream().integer(texts.length);
    const text: number[] = [];
    for (let row = 0; row < texts.length && text.length < length; row += 1)
      text.push(...(texts[(first + row) % texts.length] ?? []));
    return text.slice(0, length);
  };
}

function pick(tokens: readonly number[], stream: RandomStream): number {
  return tokens[stream.integer(tokens.length)] ?? 0;
}
