import { scorePositions, type PositionScores, type ScoringParts } from '../../model/score-positions.js';
import type { Llama } from '../../model/transformer.js';
import { itemResult, type ItemResult } from './measurement.js';
import { sequencesOf, type ItemSequence, type TaskItem } from './task-item.js';

/** Who is scored, and how many sequences of one forward pass. */
export interface Scorer {
  readonly llama: Llama;
  readonly parts: ScoringParts;
  readonly batchSize: number;
}

/**
 * Scores a batch of items. Their sequences are run shortest first, so that little is padded, and the same input only
 * once: the letters of a question share one.
 */
export async function scoreBatch(scorer: Scorer, items: readonly TaskItem[]): Promise<readonly ItemResult[]> {
  const inputs = distinctInputs(items.flatMap(sequencesOf)).sort((a, b) => a.tokens.length - b.tokens.length);
  const found = new Map<ItemSequence, PositionScores>();
  for (let first = 0; first < inputs.length; first += scorer.batchSize) {
    const batch = inputs.slice(first, first + scorer.batchSize);
    const scores = await scorePositions(
      scorer.llama,
      batch.map(({ tokens, sequences }) => ({ tokens, scored: sequences.flatMap(({ scored }) => scored) })),
      scorer.parts,
    );
    batch.forEach(({ sequences }, index) => {
      for (const [sequence, part] of split(sequences, scores[index] ?? nothing)) found.set(sequence, part);
    });
  }
  return items.map((item) =>
    itemResult(
      item,
      sequencesOf(item).map((sequence) => found.get(sequence) ?? nothing),
    ),
  );
}

const nothing: PositionScores = { logProbabilities: [], answers: [] };

interface Input {
  readonly tokens: readonly number[];
  /** All that is asked of this input. */
  readonly sequences: ItemSequence[];
}

function distinctInputs(sequences: readonly ItemSequence[]): Input[] {
  const inputs = new Map<string, Input>();
  for (const sequence of sequences) {
    const key = sequence.tokens.join(' ');
    const known = inputs.get(key);
    if (known === undefined) inputs.set(key, { tokens: sequence.tokens, sequences: [sequence] });
    else known.sequences.push(sequence);
  }
  return [...inputs.values()];
}

function split(
  sequences: readonly ItemSequence[],
  { logProbabilities, answers }: PositionScores,
): readonly (readonly [ItemSequence, PositionScores])[] {
  let end = 0;
  return sequences.map((sequence) => {
    const start = end;
    end += sequence.scored.length;
    return [
      sequence,
      { logProbabilities: logProbabilities.slice(start, end), answers: answers.slice(start, end) },
    ];
  });
}
