/** A place in a sequence where the model is asked for the next token. */
export interface ScoredPosition {
  /** Index of the token whose logits are read; they predict the token behind it. */
  readonly position: number;
  readonly target: number;
}

/** What a model is run on, and the places in it that count. */
export interface ItemSequence {
  readonly tokens: readonly number[];
  readonly scored: readonly ScoredPosition[];
}

/**
 * One sequence with answers in it. An answer is right where the most probable token is the target at each of its
 * positions: the very answer that greedy decoding would give, found in one forward pass.
 */
export interface SequenceItem extends ItemSequence {
  /** Stable across branches and runs. */
  readonly id: string;
  /** Scored positions of each answer, in their order; absent where every scored position is an answer of its own. */
  readonly answerLengths?: readonly number[];
  /** Share of right answers that guessing would give; absent where that has no meaning. */
  readonly chance?: number;
  /** Where the answer stands, of an item that hides it in a text. */
  readonly needle?: NeedlePlace;
}

/** Where a text hides what it is asked for. */
export interface NeedlePlace {
  /** Most tokens of the item, as the task was asked to make it. */
  readonly length: number;
  /** How deep it is hidden: the share of the filler that stands before it. */
  readonly depth: number;
  /** Tokens from its last mention to the end of the question. */
  readonly distance: number;
}

/** One choice of a question: its log-likelihood is the sum over the scored positions. */
export interface Choice extends ItemSequence {
  /** Unicode code points of the choice, which `accuracy_norm` divides by; absent where that has no meaning. */
  readonly length?: number;
  /** Tokens that were cut off on the left, because the model was not to see so many. */
  readonly truncated: number;
}

/** A question; right where the right choice has the highest log-likelihood. */
export interface QuestionItem {
  readonly id: string;
  readonly choices: readonly Choice[];
  /** Index of the right choice. */
  readonly gold: number;
  /** What the question belongs to, narrowest first: its subject, a group of subjects; mostly nothing. */
  readonly groups: readonly string[];
}

/** A document, read in windows; every token of it is scored once. */
export interface DocumentItem {
  readonly id: string;
  readonly windows: readonly ItemSequence[];
  readonly words: number;
  readonly bytes: number;
}

/** One thing that is asked of every branch; results are paired by it. */
export type TaskItem = SequenceItem | QuestionItem | DocumentItem;

/** Everything that the model must be run on for an item. */
export function sequencesOf(item: TaskItem): readonly ItemSequence[] {
  if ('choices' in item) return item.choices;
  return 'windows' in item ? item.windows : [item];
}

/** Tokens of the longest sequence of an item. */
export function longestSequence(item: TaskItem): number {
  return Math.max(0, ...sequencesOf(item).map(({ tokens }) => tokens.length));
}

/** The share of right answers that guessing gives; undefined for text. */
export function chanceLevel(items: readonly TaskItem[]): number | undefined {
  const levels = items.flatMap((item) => {
    if ('choices' in item) return [1 / item.choices.length];
    return 'chance' in item ? [item.chance] : [];
  });
  if (levels.length === 0) return undefined;
  return levels.reduce((sum, level) => sum + level, 0) / levels.length;
}

/** Whether answers may have several tokens: one token that is frequent among them is no constant answer. */
export function hasLongAnswers(item: TaskItem): boolean {
  return 'answerLengths' in item;
}

/** Where the answer of an item is hidden, if it is. */
export function needleOf(item: TaskItem): NeedlePlace | undefined {
  return 'needle' in item ? item.needle : undefined;
}

/** The right answers of an item: tokens, or of a question the index of its choice. */
export function expectedAnswers(item: TaskItem): readonly number[] {
  if ('choices' in item) return [item.gold];
  return sequencesOf(item).flatMap(({ scored }) => scored.map(({ target }) => target));
}
