import type { RandomStream } from '../../base/seed.js';

/** How the next token is chosen from its scores. */
export interface Sampling {
  /** Scores are divided by it; 0 takes the highest score always. */
  readonly temperature: number;
  /** Only this many of the highest scores can be chosen; all where absent. */
  readonly topK?: number | undefined;
}

/** Chooses a token by its scores (logits). Of equal highest scores the first token wins. */
export function sampleToken(
  scores: Float32Array,
  { temperature, topK = scores.length }: Sampling,
  random: RandomStream,
): number {
  if (temperature === 0 || topK === 1) return highest(scores);
  const candidates = topK < scores.length ? highestTokens(scores, topK) : [...scores.keys()];
  const largest = scores[highest(scores)] ?? 0;
  const weights = candidates.map((token) => Math.exp(((scores[token] ?? -Infinity) - largest) / temperature));
  let rest = random.next() * weights.reduce((total, weight) => total + weight, 0);
  for (const [index, weight] of weights.entries()) {
    rest -= weight;
    if (rest < 0) return candidates[index] ?? 0;
  }
  return highest(scores);
}

function highest(scores: Float32Array): number {
  return scores.reduce((best, score, token) => (score > (scores[best] ?? -Infinity) ? token : best), 0);
}

function highestTokens(scores: Float32Array, count: number): readonly number[] {
  const byScore = (left: number, right: number): number => (scores[right] ?? 0) - (scores[left] ?? 0);
  return [...scores.keys()].sort(byScore).slice(0, count);
}
