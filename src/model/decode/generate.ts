import type { RandomStream } from '../../base/seed.js';
import type { Decoder } from './decoder.js';
import { sampleToken, type Sampling } from './sample-token.js';

/** What to generate. */
export interface Generation extends Sampling {
  /** At least one token. */
  readonly prompt: readonly number[];
  readonly maxTokens: number;
  /** Tokens that end a text; they are not given out. */
  readonly endTokens: ReadonlySet<number>;
  readonly random: RandomStream;
}

/** Continues a prompt token by token, until a text ends or there are enough. The decoder stays the caller's. */
export async function* generate(
  decoder: Decoder,
  { prompt, maxTokens, endTokens, random, ...sampling }: Generation,
): AsyncGenerator<number, void, undefined> {
  let tokens = prompt;
  for (let made = 0; made < maxTokens; made += 1) {
    const scores = decoder.take(tokens);
    const values = (await scores.data()) as Float32Array;
    scores.dispose();
    const token = sampleToken(values, sampling, random);
    if (endTokens.has(token)) return;
    yield token;
    tokens = [token];
  }
}
