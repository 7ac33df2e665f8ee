import type { Json, JsonObject } from '../../base/json.js';

/** What kinds of BPE differ in. */
export interface BpeSettings {
  readonly merges: readonly Json[];
  /** What stands for a character that is no token; absent where there is no such character. */
  readonly unknownToken?: string | undefined;
  /** Whether such a character becomes its bytes before it becomes that token. */
  readonly byteFallback: boolean;
  /** Whether a piece that is a token as a whole stays whole. */
  readonly ignoreMerges: boolean;
}

/** The key "model" of a tokenizer.json for a BPE vocabulary: tokens in the order of their ids. */
export function bpeModel(tokens: readonly string[], settings: BpeSettings): JsonObject {
  return {
    type: 'BPE',
    dropout: null,
    unk_token: settings.unknownToken ?? null,
    continuing_subword_prefix: null,
    end_of_word_suffix: null,
    fuse_unk: settings.byteFallback,
    byte_fallback: settings.byteFallback,
    ignore_merges: settings.ignoreMerges,
    vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
    merges: settings.merges,
  };
}
