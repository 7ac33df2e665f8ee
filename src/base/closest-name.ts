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
    .map((name) => ({ name, away: fold(name) === folded ? 0 : slipsBetween(written, name) }))
    .filter(({ away }) => away <= limit)
    .sort((left, right) => left.away - right.away);
  const [best, second] = near;
  return best === undefined || best.away === second?.away ? undefined : best.name;
}

/** How many letters are wrong, missing or too many; two neighbours that changed places are one slip. */
function slipsBetween(written: string, name: string): number {
  let at = 0;
  while (at < written.length && written[at] === name[at]) at += 1;
  const swapped =
    written.slice(0, at) + (written[at + 1] ?? '') + (written[at] ?? '') + written.slice(at + 2);
  return swapped === name ? 1 : distance(written, name);
}

/** `Attention-Weights` and `attention_weights` are the same word to a hasty writer. */
function fold(name: string): string {
  return name.toLowerCase().replaceAll(/[-_]/g, '');
}
