import type { JsonObject } from '../../../base/json.js';
import type { RandomStream, Seed } from '../../../base/seed.js';
import type { StageReference } from '../../../base/signatures.js';
import { shuffled } from '../../../model/recall-sequences.js';
import { StageFailure } from '../../../runtime/contract/stage.js';
import type { LocalTask, TaskContext } from '../../evaluation/task.js';
import type { ScoredPosition, SequenceItem } from '../../evaluation/task-item.js';
import { textEncoder } from '../likelihood/text-encoder.js';
import { fillerSentences } from './filler.js';
import { GrowingText, type TokenSpan } from './growing-text.js';
import { heldOutSentences } from './held-out-sentences.js';
import { recallAdjectives, recallNames, recallNouns } from './ordinary-words.js';

/** Names with two words each, text, then each name again: the model must answer with both words. */
export function recallWordsTask(options: JsonObject): LocalTask {
  return { items: (context) => recallWordsItems(options, context) };
}

async function recallWordsItems(options: JsonObject, context: TaskContext): Promise<readonly SequenceItem[]> {
  const [pairs, distance] = [Number(options['pairs']), Number(options['distance'])];
  const name = typeof options['name'] === 'string' ? options['name'] : 'recall';
  const most = Math.min(recallNames.length, recallAdjectives.length, recallNouns.length);
  if (pairs > most)
    throw new StageFailure(
      `The task "${name}" is to ask for ${pairs} pairs in words; there are words for ${most}. Ask for fewer "pairs".`,
    );
  const sentences = await sentencesOf(options, context);
  const items = Array.from({ length: Number(options['items']) }, (_, index) => {
    const id = `sequence-${index}`;
    return recallWordsItem(id, { pairs, distance, sentences, context, seed: context.seed.child(id) });
  });
  const longest = Math.max(...items.map(({ tokens }) => tokens.length));
  if (longest > context.contextLength)
    throw new StageFailure(
      `The task "${name}" needs sequences of ${longest} tokens for ${pairs} pairs in words at a distance of ${distance} ` +
        `tokens; the model was made for ${context.contextLength}. Ask for fewer "pairs" or a shorter "distance".`,
    );
  return items;
}

/** The text between pairs and queries, from any sentence on. */
type Sentences = (first: number) => string;

async function sentencesOf(options: JsonObject, context: TaskContext): Promise<Sentences> {
  const data = options['data'];
  const words = [...recallNames, ...recallAdjectives, ...recallNouns];
  const found =
    data === undefined ? fillerSentences(5) : await heldOutSentences(context, data as StageReference, words);
  return (place) => found[place % found.length] ?? '';
}

interface Making {
  readonly pairs: number;
  readonly distance: number;
  readonly sentences: Sentences;
  readonly context: TaskContext;
  readonly seed: Seed;
}

function recallWordsItem(id: string, { pairs, distance, sentences, context, seed }: Making): SequenceItem {
  const stream = seed.stream();
  const drawn = drawPairs(pairs, stream);
  let sentence = stream.integer(2 ** 20);
  const text = new GrowingText(textEncoder(context, false), context.start);
  let end = 0;
  for (const [place, { person, value }] of drawn.entries())
    end = text.append(`${place === 0 ? '' : ' '}The secret of ${person} is the ${value}.`).end;
  const asked = shuffled(drawn, stream);
  // The last pair and the first query are the closest ones.
  while (text.tokens.length - end < distance) text.append(` ${sentences(sentence++)}`);
  const answers = asked.map(({ person, value }): TokenSpan => {
    text.append(` The secret of ${person} is the`);
    const answer = text.append(` ${value}`);
    text.append('.');
    return answer;
  });
  const last = answers.at(-1)?.end ?? 0;
  return {
    id,
    // Nothing is asked behind the last token of the last answer.
    tokens: text.tokens.slice(0, last - 1),
    scored: answers.flatMap((span) => scoredIn(span, text.tokens)),
    answerLengths: answers.map(({ start, end: behind }) => behind - start),
    chance: 1 / pairs,
  };
}

function scoredIn({ start, end }: TokenSpan, tokens: readonly number[]): readonly ScoredPosition[] {
  return tokens.slice(start, end).map((target, index) => ({ position: start + index - 1, target }));
}

interface Pair {
  readonly person: string;
  readonly value: string;
}

/** People with two words each; no word stands twice. */
function drawPairs(count: number, stream: RandomStream): readonly Pair[] {
  const [people, adjectives, nouns] = [recallNames, recallAdjectives, recallNouns].map((words) =>
    shuffled(words, stream).slice(0, count),
  );
  return (people ?? []).map((person, index) => ({
    person,
    value: `${adjectives?.[index] ?? ''} ${nouns?.[index] ?? ''}`,
  }));
}
