import type { Json, JsonObject } from '../../base/json.js';
import { ModelFileError } from '../model-file-error.js';
import { bpeModel } from './bpe-model.js';
import type { GgufFile } from './gguf.js';
import { preTokenization } from './gguf-pre-tokenizers.js';
import { tokenTypes } from './gguf-token-types.js';
import { sentencePieceParts, type TokenizerParts } from './gguf-sentencepiece.js';

/** A tokenizer as the two files of a Hugging Face folder. */
export interface TokenizerFiles {
  /** tokenizer.json */
  readonly tokenizer: JsonObject;
  /** tokenizer_config.json */
  readonly config: JsonObject;
}

const remedy = 'Name the Hugging Face folder of the model instead.';

/** The tokenizer in the metadata of a GGUF file. Throws a `ModelFileError`. */
export function ggufTokenizer(source: GgufFile): TokenizerFiles {
  const { file, metadata } = source;
  const kind = metadata.get('tokenizer.ggml.model');
  if (kind !== 'gpt2' && kind !== 'llama') {
    throw new ModelFileError(
      file,
      `the tokenizer is of the kind ${JSON.stringify(kind ?? null)}; "gpt2" (byte-level BPE) and "llama" (SentencePiece) can be read from GGUF. ${remedy}`,
    );
  }
  const tokens = texts(source, 'tokenizer.ggml.tokens');
  refuseTwins(tokens, file);
  const isSentencePiece = kind === 'llama';
  const parts = isSentencePiece ? sentencePieceParts(source, tokens) : byteLevelParts(source, tokens);
  const { control, unknown } = tokenTypes;
  const specials = isSentencePiece ? [control, unknown] : [control];
  // As in llama.cpp, where the file does not say it.
  const addsBegin = metadata.get('tokenizer.ggml.add_bos_token') ?? isSentencePiece;
  return {
    tokenizer: {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: addedTokens(source, tokens, specials),
      ...parts,
      post_processor: addsBegin === true ? beginFirst(namedToken(source, 'bos', tokens)) : null,
    },
    config: tokenizerConfig(source, tokens),
  };
}

function byteLevelParts(source: GgufFile, tokens: readonly string[]): TokenizerParts {
  const { normalizer, preTokenizer, ignoreMerges } = preTokenization(source.metadata, source.file);
  return {
    normalizer,
    pre_tokenizer: preTokenizer,
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: bpeModel(tokens, {
      merges: texts(source, 'tokenizer.ggml.merges'),
      byteFallback: false,
      ignoreMerges,
    }),
  };
}

interface NamedToken {
  readonly id: number;
  readonly content: string;
}

function tokenizerConfig(source: GgufFile, tokens: readonly string[]): JsonObject {
  const template = source.metadata.get('tokenizer.chat_template');
  const named = (key: string): Json => namedToken(source, key, tokens)?.content ?? null;
  return {
    tokenizer_class: 'PreTrainedTokenizerFast',
    bos_token: named('bos'),
    eos_token: named('eos'),
    pad_token: named('padding'),
    ...(typeof template === 'string' ? { chat_template: template } : {}),
  };
}

function namedToken(
  { file, metadata }: GgufFile,
  name: string,
  tokens: readonly string[],
): NamedToken | undefined {
  const key = `tokenizer.ggml.${name}_token_id`;
  const id = metadata.get(key);
  if (id === undefined) return undefined;
  const content = typeof id === 'number' ? tokens[id] : undefined;
  if (typeof id === 'number' && content !== undefined) return { id, content };
  throw new ModelFileError(
    file,
    `"${key}" is ${JSON.stringify(id)}; the file has ${tokens.length} tokens. ${remedy}`,
  );
}

function texts({ file, metadata }: GgufFile, key: string): readonly string[] {
  const value = metadata.get(key);
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  throw new ModelFileError(file, `the metadata key "${key}" holds no list of texts. ${remedy}`);
}

function refuseTwins(tokens: readonly string[], file: string): void {
  if (new Set(tokens).size === tokens.length) return;
  const twin = tokens.find((token, id) => tokens.indexOf(token) !== id);
  throw new ModelFileError(file, `the token ${JSON.stringify(twin)} comes twice. ${remedy}`);
}

/** Tokens that are found in a text before it is cut up. */
function addedTokens(
  { file, metadata }: GgufFile,
  tokens: readonly string[],
  specials: readonly number[],
): readonly JsonObject[] {
  const types = metadata.get('tokenizer.ggml.token_type') ?? [];
  if (!Array.isArray(types) || (types.length > 0 && types.length !== tokens.length)) {
    throw new ModelFileError(
      file,
      `"tokenizer.ggml.token_type" does not fit the ${tokens.length} tokens. ${remedy}`,
    );
  }
  const isSpecial = (id: number): boolean => specials.includes(types[id] as number);
  return tokens.flatMap((content, id) =>
    isSpecial(id) || types[id] === tokenTypes.userDefined
      ? [
          {
            id,
            content,
            single_word: false,
            lstrip: false,
            rstrip: false,
            normalized: false,
            special: isSpecial(id),
          },
        ]
      : [],
  );
}

/** Puts the token of beginning before every text that is encoded with special tokens. */
function beginFirst(begin: NamedToken | undefined): Json {
  if (begin === undefined) return null;
  const { id, content } = begin;
  const special = { SpecialToken: { id: content, type_id: 0 } };
  const sequence = (name: string): JsonObject => ({ Sequence: { id: name, type_id: 0 } });
  return {
    type: 'TemplateProcessing',
    single: [special, sequence('A')],
    pair: [special, sequence('A'), special, sequence('B')],
    special_tokens: { [content]: { id: content, ids: [id], tokens: [content] } },
  };
}
