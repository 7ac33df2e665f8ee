/** How often each answer was given, and whether one of them stands in for knowing. */
export interface AnswerHistogram {
  /** Answers with their counts, most frequent first; ties by answer. */
  readonly counts: readonly AnswerCount[];
  readonly total: number;
  /** Share of the most frequent answer among the answers given. */
  readonly share: number;
  /** Share of that same answer among the expected ones. */
  readonly expectedShare: number;
  /** One answer is given so much oftener than it is right that the score says little about the items. */
  readonly constant: boolean;
}

export interface AnswerCount {
  readonly answer: number;
  readonly count: number;
}

/** Ours: an answer counts as constant when it is given this much oftener (as a share) than it is expected. */
const constantAnswerExcess = 0.4;

/** Fewer answers say nothing about a habit. */
const fewestAnswers = 8;

/**
 * Looks for a model that gives one answer whatever is asked, as the rows of 22.95 and 25.51 on MMLU in
 * arXiv 2510.05901 table 1 do. A model that is right cannot be flagged, however uneven the expected answers are.
 */
export function answerHistogram(given: readonly number[], expected: readonly number[]): AnswerHistogram {
  const counts = countAnswers(given);
  const top = counts[0];
  const share = top === undefined ? 0 : top.count / given.length;
  const expectedShare =
    top === undefined || expected.length === 0
      ? 0
      : expected.filter((answer) => answer === top.answer).length / expected.length;
  return {
    counts,
    total: given.length,
    share,
    expectedShare,
    constant: given.length >= fewestAnswers && share - expectedShare >= constantAnswerExcess,
  };
}

function countAnswers(given: readonly number[]): readonly AnswerCount[] {
  const counts = new Map<number, number>();
  for (const answer of given) counts.set(answer, (counts.get(answer) ?? 0) + 1);
  return [...counts]
    .map(([answer, count]) => ({ answer, count }))
    .sort((a, b) => b.count - a.count || a.answer - b.answer);
}
