import {
  recallTrainingRow,
  recallTrainingShape,
  recallVocabulary,
  type RecallRole,
  type RecallVocabulary,
} from '../../../model/recall-sequences.js';
import type { Tokenizer } from '../../../model/tokenizer.js';
import { StageFailure } from '../../../runtime/contract/stage.js';
import type { Row, RowMaterial, Source } from '../source.js';

/** How many rows of recall sequences, and what their answers count. */
export interface RecallRows {
  readonly count: number;
  readonly answerWeight: number;
}

/** A source of recall sequences between stretches of the data's own text. */
export function recallRows({ count, answerWeight }: RecallRows): Source {
  const vocabularies = new Map<Tokenizer, RecallVocabulary>();
  const vocabularyOf = (tokenizer: Tokenizer): RecallVocabulary => {
    const known = vocabularies.get(tokenizer);
    if (known !== undefined) return known;
    const made = recallVocabulary((token) => tokenizer.decode([token]), tokenizer.vocabularySize);
    vocabularies.set(tokenizer, made);
    return made;
  };
  return {
    gives: 'rows',
    count,
    row: (material, index) => recallRow(material, index, { answerWeight, vocabularyOf }),
  };
}

interface Making {
  readonly answerWeight: number;
  readonly vocabularyOf: (tokenizer: Tokenizer) => RecallVocabulary;
}

function recallRow(material: RowMaterial, index: number, { answerWeight, vocabularyOf }: Making): Row {
  const { tokenizer, context, text, seed } = material;
  const stream = seed.child(`row/${index}`).stream();
  // Twice a row, because the keys and values in it are left out.
  const first = stream.integer(Math.max(1, text.length - 2 * context));
  const start = tokenizer.endOfText === undefined ? [] : [tokenizer.endOfText];
  try {
    const sequence = recallTrainingRow(
      { vocabulary: vocabularyOf(tokenizer), start, text: [...text.subarray(first, first + 2 * context)] },
      { ...recallTrainingShape, context },
      stream,
    );
    const weight: Record<RecallRole, number> = { start: 0, key: 0, value: 0, text: 1, answer: answerWeight };
    return { tokens: sequence.tokens, scored: sequence.roles.map((role) => weight[role]) };
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new StageFailure(
      `The source "recall" cannot make a row of ${context} tokens. ${cause.message} Name a tokenizer with more tokens, ` +
        'more text, or a longer context.',
      { cause },
    );
  }
}
