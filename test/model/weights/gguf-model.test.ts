import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readJsonObject } from '../../../src/model/config.js';
import { readTokenizer } from '../../../src/model/tokenizer.js';
import { writeGgufFolder } from '../../../src/model/weights/gguf-folder.js';
import { preTokenization } from '../../../src/model/weights/gguf-pre-tokenizers.js';
import { GgufWeights, halvesFromPairs } from '../../../src/model/weights/gguf-weights.js';

const reference = join(import.meta.dirname, '../../reference/gguf');
let folder: string;
let file: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hpl-gguf-model-'));
  file = join(folder, 'changed.gguf');
});
afterAll(() => rm(folder, { recursive: true }));

/** Texts of the same length change places, so that the rest of the file stays where it is. */
async function changed(family: string, [from, to]: readonly [string, string]): Promise<void> {
  const bytes = await readFile(join(reference, `${family}.gguf`));
  expect(to.length).toBe(from.length);
  const at = bytes.indexOf(from, 0, 'latin1');
  expect(at).toBeGreaterThan(0);
  bytes.write(to, at, 'latin1');
  await writeFile(file, bytes);
}

async function problemOf(family: string, change: readonly [string, string]): Promise<string> {
  await changed(family, change);
  const base = join(folder, `base-${change[1].replaceAll(/\W/g, '_')}`);
  const error = await writeGgufFolder(file, base)
    .then(() => GgufWeights.open(join(base, 'model.gguf')))
    .then(
      async (weights) => {
        await weights.close();
        return 'sound';
      },
      (reason: unknown) => (reason instanceof Error ? reason.message : String(reason)),
    );
  return error.replace(file, 'FILE');
}

/** A text as GGUF writes it, so that no other text that holds it is meant. */
const counted = (text: string): string => `${String.fromCharCode(text.length)}\0\0\0\0\0\0\0${text}`;

test.each<[string, string, readonly [string, string], string]>([
  [
    'an unknown architecture',
    'qwen2',
    [counted('qwen2'), counted('gemma')],
    'FILE: the architecture is "gemma"; llama, qwen2, qwen3 can be read. Name a model of one of these.',
  ],
  [
    'an unknown kind of tokenizer',
    'llama3',
    [counted('gpt2'), counted('t5xx')],
    'FILE: the tokenizer is of the kind "t5xx"; "gpt2" (byte-level BPE) and "llama" (SentencePiece) can be read from GGUF. Name the Hugging Face folder of the model instead.',
  ],
  [
    'an unknown pre-tokenizer',
    'llama3',
    [counted('llama-bpe'), counted('alpha-bpe')],
    'FILE: the pre-tokenizer is "alpha-bpe"; known are default, gpt-2, smollm, starcoder, refact, command-r, llama-bpe, llama3, llama-v3, qwen2, deepseek-r1-qwen, tekken. Name the Hugging Face folder of the model instead.',
  ],
  [
    'a token that comes twice',
    'qwen2',
    [counted('[PAD1]'), counted('[PAD2]')],
    'FILE: the token "[PAD2]" comes twice. Name the Hugging Face folder of the model instead.',
  ],
  [
    'no list of tokens',
    'qwen2',
    ['tokenizer.ggml.tokens', 'tokenizer.ggml.tokenz'],
    'FILE: the metadata key "tokenizer.ggml.tokens" holds no list of texts. Name the Hugging Face folder of the model instead.',
  ],
  [
    'a size that is missing',
    'qwen2',
    ['qwen2.block_count', 'qwen2.block_counz'],
    'FILE: the key "num_hidden_layers" is missing. Fetch the model again, or name a folder with a complete config.json.',
  ],
  [
    'a weight that no readable model has',
    'qwen2',
    ['blk.1.ffn_gate.weight', 'blk.1.ffn_gatx.weight'],
    'FILE: tensor "blk.1.ffn_gatx.weight" belongs to no decoder that can be read; mixtures of experts and the like cannot. Name a plain Llama, Mistral or Qwen model.',
  ],
])('%s is refused', async (_, family, change, problem) => {
  expect(await problemOf(family, change)).toBe(problem);
});

test('rotary divisors that are not those of Llama 3 are refused', async () => {
  const bytes = await readFile(join(reference, 'llama3.gguf'));
  // The first divisor is the first tensor's first number: waves that turn often stay as they are.
  const at = bytes.indexOf(new Uint8Array(new Float32Array([1, 1]).buffer));
  expect(at).toBeGreaterThan(0);
  bytes.writeFloatLE(1.5, at);
  await writeFile(file, bytes);
  await expect(writeGgufFolder(file, join(folder, 'base-divisors'))).rejects.toThrow(
    `${file}: the rotary scaling in "rope_freqs.weight" is not that of Llama 3. Name a model without it, or its Hugging Face folder.`,
  );
});

test("Llama 3's scaling is found again from its divisors", async () => {
  const base = join(folder, 'base-llama3');
  await writeGgufFolder(join(reference, 'llama3.gguf'), base);
  expect(await readJsonObject(join(base, 'config.json'))).toMatchObject({
    model_type: 'llama',
    rms_norm_eps: 1e-5,
    rope_scaling: {
      rope_type: 'llama3',
      factor: 8,
      low_freq_factor: 1,
      high_freq_factor: 4,
      original_max_position_embeddings: 8192,
    },
  });
});

test('rows of pairs become rows of halves, head by head', () => {
  const rows = Float32Array.from({ length: 16 }, (_, index) => index);
  expect(halvesFromPairs({ shape: [8, 2], values: rows }, 2)).toEqual({
    shape: [8, 2],
    values: Float32Array.of(0, 1, 4, 5, 2, 3, 6, 7, 8, 9, 12, 13, 10, 11, 14, 15),
  });
});

test.each<[string, string, readonly string[]]>([
  ['default', "it's 12345 a+b", ['it', "'", 's', ' ', '123', '45', ' a', '+', 'b']],
  ['smollm', "it's 123 ab", ['it', "'s", ' ', '1', '2', '3', ' ab']],
  ['llama-bpe', "IT'S 12345 ab!\n x", ['IT', "'S", ' ', '123', '45', ' ab', '!\n', ' x']],
  ['qwen2', "it's 123 ab", ['it', "'s", ' ', '1', '2', '3', ' ab']],
  ['tekken', 'camelCase 12', ['camel', 'Case', ' ', '1', '2']],
  ['gpt-2', "it's 123 ab", ['it', "'s", ' 123', ' ab']],
])('the pre-tokenizer %s cuts texts up as its name says', async (name, text, pieces) => {
  const metadata = new Map([['tokenizer.ggml.pre', name]]);
  const { normalizer, preTokenizer } = preTokenization(metadata, 'x');
  // Every part of the text is a token, so that a piece is one token however long it is.
  const whole = text.replaceAll(' ', 'Ġ').replaceAll('\n', 'Ċ');
  const parts = new Set(
    Array.from({ length: whole.length ** 2 }, (_, index) =>
      whole.slice(index % whole.length, 1 + Math.floor(index / whole.length)),
    ),
  );
  const place = await mkdtemp(join(folder, 'pieces-'));
  const vocabulary = Object.fromEntries([...parts].map((token, id) => [token, id]));
  await writeFile(
    join(place, 'tokenizer.json'),
    JSON.stringify({
      version: '1.0',
      added_tokens: [],
      normalizer,
      pre_tokenizer: preTokenizer,
      post_processor: null,
      decoder: { type: 'ByteLevel' },
      model: { type: 'BPE', vocab: vocabulary, merges: [], ignore_merges: true },
    }),
  );
  const tokenizer = await readTokenizer(place);
  expect(tokenizer.encode(text).map((token) => tokenizer.decode([token]))).toEqual(pieces);
});
