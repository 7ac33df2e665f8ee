import { isJsonObject, type Json, type JsonObject } from '../base/json.js';

/**
 * The same tokenizer.json with `Digits` written as `Split`. The JavaScript package takes 0 to 9 for digits alone, the
 * original all numerals of Unicode (Rust's `char::is_numeric`, which is `\p{N}`).
 */
export function withUnicodeDigits(json: JsonObject): JsonObject {
  const preTokenizer = json['pre_tokenizer'];
  return preTokenizer === undefined ? json : { ...json, pre_tokenizer: rewritten(preTokenizer) };
}

function rewritten(preTokenizer: Json): Json {
  if (!isJsonObject(preTokenizer)) return preTokenizer;
  const parts = preTokenizer['pretokenizers'];
  if (Array.isArray(parts)) return { ...preTokenizer, pretokenizers: parts.map(rewritten) };
  if (preTokenizer['type'] !== 'Digits') return preTokenizer;
  const pattern = preTokenizer['individual_digits'] === true ? '\\p{N}' : '\\p{N}+';
  return { type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false };
}
