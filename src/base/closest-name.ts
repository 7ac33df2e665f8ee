import { distance } from 'fastest-levenshtein';

/**
 * The name that was meant, where exactly one known name is close: the only one at the smallest distance, and that
 * distance small for the length of the word.
 */
export function closestName(written: string, known: Iterable<string>): string | undefined {
  const limit = Math.max(1, Math.floor(written.length / 3));
  const folded = fold(written);
  const near = [...new Set(known)]
    .filter((name) => name !== written)
    .map((name) => ({ name, away: fold(name) === folded ? 0 : distance(written, name) }))
    .filter(({ away }) => away <= limit)
    .sort((left, right) => left.away - right.away);
  const [best, second] = near;
  return best === undefined || best.away === second?.away ? undefined : best.name;
}

/** `Attention-Weights` and `attention_weights` are the same word to a hasty writer. */
function fold(name: string): string {
  return name.toLowerCase().replaceAll(/[-_]/g, '');
}
