import type { RandomStream } from '../base/seed.js';

/**
 * The tokens that recall sequences are made of. Every key has candidate values of its own, so that a small model has to
 * find the key, and not also to learn that any token may follow any other.
 */
export interface RecallVocabulary {
  readonly keys: readonly RecallKey[];
}

/** A key with the values that it may have. No token serves twice. */
export interface RecallKey {
  readonly token: number;
  readonly values: readonly number[];
}

/** One place where an answer is expected. */
export interface RecallAnswer {
  /** Index of the answer token. The logits that predict it stand at `position - 1`, at the queried key. */
  readonly position: number;
  readonly expected: number;
  /** Tokens from the key in its pair to the key in the query. */
  readonly distance: number;
}

/** What a token is in its sequence. Keys, and the values of pairs, cannot be predicted; text and answers can. */
export type RecallRole = 'start' | 'key' | 'value' | 'text' | 'answer';

/** A sequence of key-value pairs, text, and queries for the value of a key. */
export interface RecallSequence {
  readonly tokens: readonly number[];
  /** One role a token. */
  readonly roles: readonly RecallRole[];
  readonly answers: readonly RecallAnswer[];
}

/** What every sequence is drawn from. */
export interface RecallMaterial {
  readonly vocabulary: RecallVocabulary;
  /** Tokens before the first pair, such as the beginning-of-text token; may be empty. */
  readonly start: readonly number[];
  /** Text for the places between pairs and queries, used from its beginning without the keys and values in it. */
  readonly text: readonly number[];
}

/** The shape of a sequence that measures recall at one distance. */
export interface RecallEvaluation {
  readonly pairs: number;
  /** Every query stands at least so many tokens behind its pair. */
  readonly distance: number;
  /** Text tokens after each pair and each query. */
  readonly gap: number;
}

/** From least to most, both included. */
export interface Range {
  readonly least: number;
  readonly most: number;
}

/** The shape of training rows; each row draws its own numbers from the ranges. */
export interface RecallTraining {
  /** Tokens of a row. */
  readonly context: number;
  readonly pairs: Range;
  /** Text tokens after a pair or query: up to a bound that each row draws from this range. */
  readonly gap: Range;
  /** Text tokens between the last pair and the first query. */
  readonly filler: Range;
}

/** The shape that a small model learns recall from; every row is full to the last token. */
export const recallTrainingShape: Omit<RecallTraining, 'context'> = {
  pairs: { least: 2, most: 8 },
  gap: { least: 0, most: 2 },
  filler: { least: 0, most: 120 },
};

/** Most keys of a vocabulary, and most values of one key: a model that guesses is right once in so many times. */
const [mostKeys, mostValues] = [8, 12];

/**
 * Chooses keys and values among the tokens whose text is letters only, with or without a leading space, from the last
 * (the rarest) back: 8 keys with 12 values each, with fewer values where there are fewer such tokens, and without any
 * key where there are not even two values for each. `textOf` gives a token's text as the tokenizer decodes it alone.
 */
export function recallVocabulary(
  textOf: (token: number) => string,
  vocabularySize: number,
): RecallVocabulary {
  const words = Array.from({ length: vocabularySize }, (_, token) => vocabularySize - 1 - token).filter(
    (token) => /^ ?[A-Za-z]+$/.test(textOf(token)),
  );
  const valuesOfKey = Math.min(mostValues, Math.floor(words.length / mostKeys) - 1);
  if (valuesOfKey < 2) return { keys: [] };
  const values = words.slice(mostKeys, mostKeys * (1 + valuesOfKey));
  return {
    keys: words.slice(0, mostKeys).map((token, key) => ({
      token,
      values: values.filter((_, index) => index % mostKeys === key),
    })),
  };
}

/** A text without the keys and values of a vocabulary, as it stands in sequences. */
export function recallText(text: readonly number[], { keys }: RecallVocabulary): readonly number[] {
  const taken = new Set(keys.flatMap(({ token, values }) => [token, ...values]));
  return text.filter((token) => !taken.has(token));
}

/** Text tokens that a sequence of this shape uses at most. */
export function recallTextNeeded({ pairs, distance, gap }: RecallEvaluation): number {
  return 2 * pairs * gap + distance;
}

/**
 * All pairs, text, then a query for each pair in random order, each at least `distance` tokens behind its pair.
 * The same state of the stream gives the same sequence.
 * Throws `RangeError` when the keys or the text do not suffice.
 */
export function recallEvaluationSequence(
  material: RecallMaterial,
  shape: RecallEvaluation,
  stream: RandomStream,
): RecallSequence {
  const pairs = drawPairs(material, shape.pairs, stream);
  if (pairs.length < shape.pairs)
    throw new RangeError(
      `A sequence of ${shape.pairs} pairs needs as many keys; the vocabulary has ${pairs.length}.`,
    );
  const writer = new SequenceWriter(material);
  for (const pair of pairs) {
    writer.pair(pair);
    writer.text(shape.gap);
  }
  const order = shuffled(pairs, stream);
  const stride = 2 + shape.gap;
  const firstQuery = Math.max(
    ...order.map((pair, turn) => writer.positionOf(pair) + shape.distance - stride * turn),
  );
  writer.text(Math.max(0, firstQuery - writer.length));
  for (const pair of order) {
    writer.query(pair);
    writer.text(shape.gap);
  }
  return writer.sequence();
}

/**
 * One training row of exactly `context` tokens: pairs with text between them, text, then queries until the row is full.
 * A vocabulary of fewer keys gives fewer pairs. Throws `RangeError` when it has none.
 */
export function recallTrainingRow(
  material: RecallMaterial,
  shape: RecallTraining,
  stream: RandomStream,
): RecallSequence {
  const wanted = integerIn(shape.pairs, stream);
  const filler = integerIn(shape.filler, stream);
  const gap = integerIn(shape.gap, stream);
  const pairs = drawPairs(material, wanted, stream);
  if (pairs.length === 0)
    throw new RangeError('The vocabulary has no keys: too few of its tokens are letters alone.');
  const writer = new SequenceWriter(material);
  for (const pair of pairs) {
    writer.pair(pair);
    writer.textAtMost(stream.integer(gap + 1));
  }
  writer.textAtMost(filler);
  while (writer.length < shape.context) {
    writer.query(elementOf(pairs, stream));
    writer.textAtMost(stream.integer(gap + 1));
  }
  return writer.sequence(shape.context);
}

interface Pair {
  readonly key: number;
  readonly value: number;
}

/** Appends tokens with their roles, and remembers where each pair stands. */
class SequenceWriter {
  private readonly tokens: number[];
  private readonly roles: RecallRole[];
  private readonly answers: RecallAnswer[] = [];
  private readonly positions = new Map<Pair, number>();
  private readonly source: readonly number[];
  private used = 0;

  constructor({ start, text, vocabulary }: RecallMaterial) {
    this.tokens = [...start];
    this.roles = start.map(() => 'start');
    this.source = recallText(text, vocabulary);
  }

  get length(): number {
    return this.tokens.length;
  }

  positionOf(pair: Pair): number {
    const position = this.positions.get(pair);
    if (position === undefined) throw new Error('A pair was queried before it was written.');
    return position;
  }

  pair(pair: Pair): void {
    this.positions.set(pair, this.length);
    this.append(pair.key, 'key');
    this.append(pair.value, 'value');
  }

  query(pair: Pair): void {
    const distance = this.length - this.positionOf(pair);
    this.append(pair.key, 'key');
    this.answers.push({ position: this.length, expected: pair.value, distance });
    this.append(pair.value, 'answer');
  }

  text(count: number): void {
    const left = this.source.length - this.used;
    if (count > left)
      throw new RangeError(`The sequence needs ${count} more tokens of text; ${left} are left.`);
    this.textAtMost(count);
  }

  textAtMost(count: number): void {
    const slice = this.source.slice(this.used, this.used + count);
    for (const token of slice) this.append(token, 'text');
    this.used += slice.length;
  }

  sequence(length = this.length): RecallSequence {
    return {
      tokens: this.tokens.slice(0, length),
      roles: this.roles.slice(0, length),
      answers: this.answers.filter(({ position }) => position < length),
    };
  }

  private append(token: number, role: RecallRole): void {
    this.tokens.push(token);
    this.roles.push(role);
  }
}

/** Up to `count` pairs of distinct keys, each with one of its values. */
function drawPairs({ vocabulary }: RecallMaterial, count: number, stream: RandomStream): readonly Pair[] {
  return shuffled(vocabulary.keys, stream)
    .slice(0, count)
    .map(({ token, values }) => ({ key: token, value: elementOf(values, stream) }));
}

function integerIn({ least, most }: Range, stream: RandomStream): number {
  return least + stream.integer(most - least + 1);
}

function elementOf<Item>(items: readonly Item[], stream: RandomStream): Item {
  const item = items[stream.integer(items.length)];
  if (item === undefined) throw new RangeError('Nothing to draw from.');
  return item;
}

/** A random order of the items, by Fisher and Yates. */
export function shuffled<Item>(items: readonly Item[], stream: RandomStream): readonly Item[] {
  const order = [...items];
  for (let last = order.length - 1; last > 0; last -= 1) {
    const other = stream.integer(last + 1);
    const [a, b] = [order[last], order[other]];
    if (a === undefined || b === undefined) continue;
    order[last] = b;
    order[other] = a;
  }
  return order;
}
