import type { RandomStream } from '../../base/seed.js';

/** How the next token is chosen from its scores. */
export interface Sampling {
  /** Scores are divided by it; 0 takes the highest score always. */
  readonly temperature: number;
  /** Only this many of the highest scores can be chosen; all where absent. */
  readonly topK?: number | undefined;
  /**
   * Of those only the likeliest that together are this likely can be chosen (nucleus sampling, Holtzman et al. 2019,
   * arXiv 1904.09751): the fewest whose share is `topP` or more. All where absent.
   */
  readonly topP?: number | undefined;
}

/** Chooses a token by its scores (logits). Of equal highest scores the first token wins. */
export function sampleToken(
  scores: Float32Array,
  { temperature, topK = scores.length, topP = 1 }: Sampling,
  random: RandomStream,
): number {
  if (temperature === 0 || topK === 1) return highest(scores);
  const largest = scores[highest(scores)] ?? 0;
  const weightOf = (token: number): number =>
    Math.exp(((scores[token] ?? -Infinity) - largest) / temperature);
  const likeliest = topK < scores.length ? highestTokens(scores, topK) : [...scores.keys()];
  const candidates = topP < 1 ? nucleus(likeliest, weightOf, topP) : likeliest;
  const weights = candidates.map(weightOf);
  let rest = random.next() * weights.reduce((total, weight) => total + weight, 0);
  for (const [index, weight] of weights.entries()) {
    rest -= weight;
    if (rest < 0) return candidates[index] ?? 0;
  }
  return highest(scores);
}

function highest(scores: Float32Array): number {
  let best = 0;
  for (let token = 1; token < scores.length; token += 1)
    if ((scores[token] ?? 0) > (scores[best] ?? 0)) best = token;
  return best;
}

/** The fewest tokens whose share of all weights is `topP` or more, the heaviest first; of equal ones the first. */
function nucleus(
  tokens: readonly number[],
  weightOf: (token: number) => number,
  topP: number,
): readonly number[] {
  const weighted = tokens.map((token) => ({ token, weight: weightOf(token) }));
  const total = weighted.reduce((sum, { weight }) => sum + weight, 0);
  // All that are lighter have less than the share that is left out: they need no place in the order.
  const floor = ((1 - topP) * total) / tokens.length;
  const heavy = weighted.filter(({ weight }) => weight >= floor).sort((a, b) => b.weight - a.weight);
  let share = 0;
  const end = heavy.findIndex(({ weight }) => (share += weight) >= topP * total);
  return (end < 0 ? heavy : heavy.slice(0, end + 1)).map(({ token }) => token);
}

/** The `count` tokens of the highest scores, the highest first; of equal scores the first token comes first. */
function highestTokens(scores: Float32Array, count: number): readonly number[] {
  const best: number[] = [];
  const scoreOf = (place: number): number => scores[best[place] ?? -1] ?? -Infinity;
  for (const [token, score] of scores.entries()) {
    if (best.length === count && score <= scoreOf(count - 1)) continue;
    let place = best.length;
    while (place > 0 && score > scoreOf(place - 1)) place -= 1;
    best.splice(place, 0, token);
    if (best.length > count) best.pop();
  }
  return best;
}
