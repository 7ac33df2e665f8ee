import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { hashFile } from '../base/hash.js';
import { reasonOf } from '../base/reason.js';
import { readChatTemplate, type ChatTemplate } from './chat-template.js';
import type { ModelConfig } from './config.js';
import { readJsonObject } from './config.js';
import { ModelFileError } from './model-file-error.js';
import { withUnicodeDigits } from './unicode-digits.js';

/** Text to token ids and back. */
export interface Tokenizer {
  /** One more than the largest token id. */
  readonly vocabularySize: number;
  /** SHA-256 of tokenizer.json: equal for tokenizers that give equal tokens. */
  readonly fingerprint: string;
  /** The token between documents, where the tokenizer has one: end, or else beginning of text. */
  readonly endOfText?: number;
  /** How the model wants conversations written, where the tokenizer says it. */
  readonly chatTemplate?: ChatTemplate;
  /** Tokens of the text alone; no beginning or end is added. */
  encode(text: string): readonly number[];
  /** The text of the tokens; special tokens are kept. */
  decode(tokens: readonly number[]): string;
}

/** Reads tokenizer.json (and tokenizer_config.json, where present). Rejects with a `ModelFileError`. */
export async function readTokenizer(folder: string): Promise<Tokenizer> {
  return readTokenizerFile(join(folder, 'tokenizer.json'));
}

/** Reads a tokenizer.json by its path; tokenizer_config.json beside it is read where present. */
export async function readTokenizerFile(file: string): Promise<Tokenizer> {
  const json = await readJsonObject(file);
  const configFile = join(file, '..', 'tokenizer_config.json');
  const config = existsSync(configFile) ? await readJsonObject(configFile) : {};
  const inner = build(withUnicodeDigits(json), config, file);
  const vocabulary = inner.get_vocab(true);
  const endOfText = endOfTextToken(config, vocabulary);
  const chatTemplate = await readChatTemplate(join(file, '..'), config);
  return {
    vocabularySize: Math.max(-1, ...vocabulary.values()) + 1,
    fingerprint: await hashFile(file),
    ...(endOfText === undefined ? {} : { endOfText }),
    ...(chatTemplate === undefined ? {} : { chatTemplate }),
    encode: (text) => inner.encode(text, { add_special_tokens: false }).ids,
    decode: (tokens) =>
      tokens.length === 0
        ? ''
        : inner.decode([...tokens], { skip_special_tokens: false, clean_up_tokenization_spaces: false }),
  };
}

/**
 * Embeddings are often rounded up: DeepSeek's has 2.4 % more rows than tokens. A vocabulary of another model lacks more.
 */
const largestPadding = { share: 0.1, tokens: 1024 };

/**
 * Refuses a tokenizer that gives tokens which the model has no embedding for, or lacks tokens that the model has.
 * Throws a `ModelFileError`.
 */
export function checkTokenizer(tokenizer: Tokenizer, config: ModelConfig, folder: string): void {
  const [known, wanted] = [tokenizer.vocabularySize, config.vocabularySize];
  const remedy = 'They do not belong to the same model. Fetch both from one place.';
  const lacking = wanted - known;
  if (lacking < 0 || lacking > Math.max(largestPadding.tokens, largestPadding.share * wanted)) {
    throw new ModelFileError(
      folder,
      `tokenizer.json has ${known} tokens, config.json "vocab_size" ${wanted}. ${remedy}`,
    );
  }
  const named = { bos_token_id: config.beginToken, eos_token_id: config.endToken };
  for (const [key, token] of Object.entries(named)) {
    if (token === undefined || token < known) continue;
    throw new ModelFileError(
      folder,
      `config.json "${key}" is ${token}; tokenizer.json has ${known} tokens, from 0 on. ${remedy}`,
    );
  }
}

/** What is used of the package, whose own types cannot be resolved under NodeNext. */
interface PackageTokenizer {
  encode(text: string, options: { add_special_tokens: boolean }): { readonly ids: readonly number[] };
  decode(
    tokens: readonly number[],
    options: { skip_special_tokens: boolean; clean_up_tokenization_spaces: boolean },
  ): string;
  get_vocab(withAddedTokens: boolean): ReadonlyMap<string, number>;
}

const PackageTokenizer = HuggingFaceTokenizer as new (json: object, config: object) => PackageTokenizer;

function build(json: object, config: object, file: string): PackageTokenizer {
  try {
    return new PackageTokenizer(json, config);
  } catch (cause) {
    throw new ModelFileError(
      file,
      `this tokenizer cannot be used (${reasonOf(cause)}). Fetch or export it again.`,
      {
        cause,
      },
    );
  }
}

/** What usual tokenizers call the end of a text. */
const usualNames = ['<|endoftext|>', '<|end_of_text|>', '</s>', '<|im_end|>', '<s>'];

function endOfTextToken(
  config: Readonly<Record<string, unknown>>,
  vocabulary: ReadonlyMap<string, number>,
): number | undefined {
  const named = [config['eos_token'], config['bos_token']].map((value) =>
    typeof value === 'object' && value !== null && 'content' in value ? value.content : value,
  );
  for (const name of [...named, ...usualNames]) {
    const token = typeof name === 'string' ? vocabulary.get(name) : undefined;
    if (token !== undefined) return token;
  }
  return undefined;
}
