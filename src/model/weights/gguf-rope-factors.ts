import type { JsonObject } from '../../base/json.js';
import { ModelFileError } from '../model-file-error.js';
import type { GgufFile } from './gguf.js';

/** What every released Llama 3.1, 3.2 and 3.3 has; only the factor differs. */
const released = { low_freq_factor: 1, high_freq_factor: 4, original_max_position_embeddings: 8192 } as const;

/**
 * GGUF keeps Llama 3's rotary scaling as one divisor for each frequency and drops the four numbers that they come
 * from. The numbers are found again, and checked by making the divisors from them. Throws a `ModelFileError`.
 */
export function llama3Scaling(
  divisors: Float32Array | Int32Array,
  { file, metadata }: GgufFile,
  architecture: string,
): JsonObject {
  const theta = metadata.get(`${architecture}.rope.freq_base`) ?? 10_000;
  const factor = divisors.at(-1) ?? 1;
  const agrees =
    typeof theta === 'number' &&
    divisors.every((divisor, pair) => {
      const expected = divisorOf(theta ** (-pair / divisors.length), factor);
      return Math.abs(divisor - expected) <= 1e-3 * expected;
    });
  if (agrees) return { rope_type: 'llama3', factor, ...released };
  throw new ModelFileError(
    file,
    'the rotary scaling in "rope_freqs.weight" is not that of Llama 3. Name a model without it, or its Hugging Face folder.',
  );
}

function divisorOf(frequency: number, factor: number): number {
  const turns = (released.original_max_position_embeddings * frequency) / (2 * Math.PI);
  const { low_freq_factor: low, high_freq_factor: high } = released;
  const smooth = Math.min(1, Math.max(0, (turns - low) / (high - low)));
  return 1 / ((1 - smooth) / factor + smooth);
}
