import type { Json, JsonObject } from '../../base/json.js';
import { ModelFileError } from '../model-file-error.js';
import type { GgufMetadata } from './gguf-header.js';

/** How a text is cut up before merges, in the terms of tokenizer.json. */
export interface PreTokenization {
  readonly normalizer: Json;
  readonly preTokenizer: JsonObject;
  /** Whether a piece that is a token as a whole stays whole. */
  readonly ignoreMerges: boolean;
}

const gpt2Pattern = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`;
const contractions = String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)`;
const llama3Pattern = String.raw`${contractions}|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`;
const qwen2Pattern = String.raw`${contractions}|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`;
const tekkenPattern = String.raw`[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`;

const byteLevel = (cuts: boolean): JsonObject => ({
  type: 'ByteLevel',
  add_prefix_space: false,
  trim_offsets: true,
  use_regex: cuts,
});
const split = (pattern: string): JsonObject => ({
  type: 'Split',
  pattern: { Regex: pattern },
  behavior: 'Isolated',
  invert: false,
});
const sequence = (...pretokenizers: readonly JsonObject[]): JsonObject => ({
  type: 'Sequence',
  pretokenizers,
});

const gpt2: PreTokenization = { normalizer: null, preTokenizer: byteLevel(true), ignoreMerges: false };
const singleDigits: PreTokenization = {
  ...gpt2,
  preTokenizer: sequence({ type: 'Digits', individual_digits: true }, byteLevel(true)),
};
const llama3: PreTokenization = {
  normalizer: null,
  preTokenizer: sequence(split(llama3Pattern), byteLevel(false)),
  ignoreMerges: true,
};
const qwen2: PreTokenization = {
  normalizer: { type: 'NFC' },
  preTokenizer: sequence(split(qwen2Pattern), byteLevel(false)),
  ignoreMerges: false,
};
const tekken: PreTokenization = {
  normalizer: null,
  preTokenizer: sequence(split(tekkenPattern), byteLevel(false)),
  ignoreMerges: true,
};
/** What llama.cpp does with files that name nothing: four patterns, each within the pieces of the one before. */
const unnamed: PreTokenization = {
  ...gpt2,
  preTokenizer: sequence(
    split(String.raw`[\p{P}\$\+<=>\^~\|]+`),
    split(gpt2Pattern),
    split(String.raw`\p{N}+`),
    split('[0-9][0-9][0-9]'),
    byteLevel(false),
  ),
};

/** By the names of llama.cpp (`tokenizer.ggml.pre`). */
const known: Readonly<Record<string, PreTokenization>> = {
  default: unnamed,
  'gpt-2': gpt2,
  smollm: singleDigits,
  starcoder: singleDigits,
  refact: singleDigits,
  'command-r': singleDigits,
  'llama-bpe': llama3,
  llama3,
  'llama-v3': llama3,
  qwen2,
  'deepseek-r1-qwen': qwen2,
  tekken,
};

/** How the tokenizer of a GGUF file cuts texts up. Throws a `ModelFileError` that lists the known names. */
export function preTokenization(metadata: GgufMetadata, file: string): PreTokenization {
  const name = metadata.get('tokenizer.ggml.pre') ?? 'default';
  const found = typeof name === 'string' && Object.hasOwn(known, name) ? known[name] : undefined;
  if (found !== undefined) return found;
  throw new ModelFileError(
    file,
    `the pre-tokenizer is ${JSON.stringify(name)}; known are ${Object.keys(known).join(', ')}. ` +
      'Name the Hugging Face folder of the model instead.',
  );
}
