import type { Json, JsonObject } from '../../base/json.js';
import { ModelFileError } from '../model-file-error.js';
import { bpeModel } from './bpe-model.js';
import { tokenTypes } from './gguf-token-types.js';
import type { GgufFile } from './gguf.js';

/** The parts of tokenizer.json that differ between kinds of tokenizer. */
export interface TokenizerParts {
  readonly normalizer: Json;
  readonly pre_tokenizer: Json;
  readonly decoder: JsonObject;
  readonly model: JsonObject;
}

/** What SentencePiece writes for a space. */
const space = '\u2581';

/**
 * A BPE vocabulary of SentencePiece as a tokenizer.json takes it: SentencePiece joins the pair whose joint token has the
 * highest score, so that a list of merges in the order of the scores does the same; a character that is no token falls
 * back to its bytes. Throws a `ModelFileError`.
 */
export function sentencePieceParts(source: GgufFile, tokens: readonly string[]): TokenizerParts {
  const { metadata } = source;
  const scores = numbersOf(source, 'tokenizer.ggml.scores', tokens);
  const types = numbersOf(source, 'tokenizer.ggml.token_type', tokens);
  // Absent means true, as in llama.cpp.
  const beginsWithSpace = metadata.get('tokenizer.ggml.add_space_prefix') !== false;
  const unknownToken = tokens.find((_, id) => types[id] === tokenTypes.unknown);
  const spaces = { type: 'Replace', pattern: { String: ' ' }, content: space };
  const back = { type: 'Replace', pattern: { String: space }, content: ' ' };
  return {
    normalizer: beginsWithSpace
      ? { type: 'Sequence', normalizers: [{ type: 'Prepend', prepend: space }, spaces] }
      : spaces,
    pre_tokenizer: null,
    decoder: {
      type: 'Sequence',
      decoders: [
        ...[back, { type: 'ByteFallback' }, { type: 'Fuse' }],
        ...(beginsWithSpace ? [{ type: 'Strip', content: ' ', start: 1, stop: 0 }] : []),
      ],
    },
    model: bpeModel(tokens, {
      merges: mergesOf(tokens, { scores, types }),
      unknownToken,
      byteFallback: true,
      ignoreMerges: false,
    }),
  };
}

interface Merge {
  readonly left: string;
  readonly right: string;
  readonly score: number;
  /** Ids of both parts and their lengths, which decide among equal scores. */
  readonly order: readonly [number, number, number, number];
}

/** Every way to make a token of two others, the likeliest first; among equals as transformers' converter orders them. */
function mergesOf(
  tokens: readonly string[],
  { scores, types }: { readonly scores: readonly number[]; readonly types: readonly number[] },
): readonly (readonly [string, string])[] {
  const ids = new Map(
    tokens.flatMap((token, id) => (types[id] === tokenTypes.normal ? [[token, id] as const] : [])),
  );
  return [...ids]
    .flatMap(([token, id]) => splitsOf(token, scores[id] ?? 0, ids))
    .sort(byScore)
    .map(({ left, right }) => [left, right]);
}

function splitsOf(token: string, score: number, ids: ReadonlyMap<string, number>): readonly Merge[] {
  const characters = Array.from(token);
  return characters.slice(1).flatMap((_, index) => {
    const length = index + 1;
    const [left, right] = [characters.slice(0, length).join(''), characters.slice(length).join('')];
    const [leftId, rightId] = [ids.get(left), ids.get(right)];
    if (leftId === undefined || rightId === undefined) return [];
    return [{ left, right, score, order: [-length, length - characters.length, leftId, rightId] }];
  });
}

function byScore(one: Merge, other: Merge): number {
  if (one.score !== other.score) return other.score - one.score;
  const place = one.order.findIndex((value, index) => value !== other.order[index]);
  return place < 0 ? 0 : (one.order[place] ?? 0) - (other.order[place] ?? 0);
}

function numbersOf({ file, metadata }: GgufFile, key: string, tokens: readonly string[]): readonly number[] {
  const value = metadata.get(key);
  const isFitting =
    Array.isArray(value) &&
    value.length === tokens.length &&
    value.every((item): item is number => typeof item === 'number');
  if (isFitting) return value;
  throw new ModelFileError(
    file,
    `"${key}" does not fit the ${tokens.length} tokens. Name the Hugging Face folder of the model instead.`,
  );
}
