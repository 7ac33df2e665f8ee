import type { Json } from '../../base/json.js';
import { ModelFileError } from '../model-file-error.js';
import { ropeScalingToJson, scaledFrequency, type Llama3Scaling } from '../rope-scaling.js';
import type { GgufFile } from './gguf.js';

/** What every released Llama 3.1, 3.2 and 3.3 has; only the factor differs. */
const released = { type: 'llama3', lowTurns: 1, highTurns: 4, originalContext: 8192 } as const;

/**
 * GGUF keeps Llama 3's rotary scaling as one divisor for each frequency and drops the four numbers that they come
 * from. The numbers are found again, and checked by making the divisors from them. Throws a `ModelFileError`.
 */
export function llama3Scaling(
  divisors: Float32Array | Int32Array,
  { file, metadata }: GgufFile,
  architecture: string,
): Json {
  const theta = metadata.get(`${architecture}.rope.freq_base`) ?? 10_000;
  const scaling: Llama3Scaling = { ...released, factor: divisors.at(-1) ?? 1 };
  const agrees =
    typeof theta === 'number' &&
    divisors.every((divisor, pair) => {
      const frequency = theta ** (-pair / divisors.length);
      const expected = frequency / scaledFrequency(frequency, scaling);
      return Math.abs(divisor - expected) <= 1e-3 * expected;
    });
  if (agrees) return ropeScalingToJson(scaling);
  throw new ModelFileError(
    file,
    'the rotary scaling in "rope_freqs.weight" is not that of Llama 3. Name a model without it, or its Hugging Face folder.',
  );
}
