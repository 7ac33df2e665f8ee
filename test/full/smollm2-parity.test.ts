import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { rootSeed } from '../../src/base/seed.js';
import { softmaxAttention } from '../../src/model/attention/softmax.js';
import { Decoder } from '../../src/model/decode/decoder.js';
import { generate } from '../../src/model/decode/generate.js';
import { softmaxDecoding } from '../../src/model/decode/softmax-decoding.js';
import { readTokenizer, type Tokenizer } from '../../src/model/tokenizer.js';
import { hiddenStates, logits, type Llama } from '../../src/model/transformer.js';
import { writeGgufFolder } from '../../src/model/weights/gguf-folder.js';
import { loadLlama } from '../../src/model/weights/hugging-face-folder.js';
import { missingPackages, runPython } from './python.js';
import { variedLines } from './varied-lines.js';
import { startTensorflow } from '../model/use-tensorflow.js';

const prompts = [
  'The capital of France is',
  'Water boils at a temperature of',
  'My fellow citizens,',
  'def fibonacci(n):\n    ',
  'Once upon a time there was a',
  'The three primary colours are',
  'To be, or not to be,',
  '1, 2, 3, 4,',
  'A transformer is a neural network that',
  'The opposite of cold is',
  'SELECT name FROM people WHERE',
  'Dear Sir or Madam,',
  'Photosynthesis is the process by which',
  'If it rains tomorrow, we will',
  '<|im_start|>user\nWhat is two plus two?<|im_end|>\n<|im_start|>assistant\n',
  'The largest planet of the solar system is',
  'Zwei plus zwei ist',
  'In 1969, the first human',
  'for (let i = 0; i < 10; i++) {',
  'The recipe needs flour, sugar and',
];
const newTokens = 20;
/** Scores are compared for so many tokens of each of these prompts and what follows them. */
const scoredTokens = 48;

interface Theirs {
  readonly tokens: readonly (readonly number[])[];
  readonly texts: readonly (readonly number[])[];
}

let missing = missingPackages(['torch', 'transformers', 'gguf', 'accelerate']);
let folder: string;
let lines: readonly string[];
let rows: readonly (readonly number[])[];
let tokenizer: Tokenizer;
let llama: Llama;
let theirs: Theirs;

beforeAll(async () => {
  missing ??= await missingModel();
  if (missing !== undefined) return;
  folder = await mkdtemp(join(tmpdir(), 'hpl-parity-'));
  const file = process.env['HPL_SMOLLM2']!;
  await writeGgufFolder(file, folder);
  tokenizer = await readTokenizer(folder);
  llama = await loadLlama(folder);
  lines = await variedLines();
  const text = tokenizer.encode(lines.slice(0, 200).join('\n'));
  rows = [0, 1, 2, 3].map((row) => text.slice(row * scoredTokens, (row + 1) * scoredTokens));
  const input = { file, lines, rows, prompts, new_tokens: newTokens, logits: join(folder, 'logits') };
  theirs = runPython(new URL('read_smollm2.py', import.meta.url), input) as Theirs;
}, 300_000);

afterAll(async () => {
  if (missing !== undefined) return;
  tf.dispose([...llama.parameters.values()]);
  await rm(folder, { recursive: true });
});

async function missingModel(): Promise<string | undefined> {
  if (process.env['HPL_SMOLLM2']?.endsWith('.gguf') !== true)
    return 'HPL_SMOLLM2 does not name a GGUF file of SmolLM2-135M-Instruct';
  return startTensorflow();
}

test('transformers splits at least 2,000 varied lines into the same tokens', ({ skip }) => {
  if (missing !== undefined) skip(missing);
  expect(lines.length).toBeGreaterThanOrEqual(2000);
  const different = lines.filter(
    (line, index) => tokenizer.encode(line).join() !== theirs.tokens[index]!.join(),
  );
  expect(different).toEqual([]);
});

test('tokens of varied lines become the same lines again', ({ skip }) => {
  if (missing !== undefined) skip(missing);
  const different = lines.filter((line) => tokenizer.decode(tokenizer.encode(line)) !== line);
  expect(different).toEqual([]);
});

test('transformers computes the same scores of SmolLM2 within 1e-3', async ({ skip }) => {
  if (missing !== undefined) skip(missing);
  const bytes = await readFile(join(folder, 'logits'));
  const wanted = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const own = tf.tidy(() => {
    const ids = tf.tensor2d(rows as number[][], undefined, 'int32');
    return logits(llama, hiddenStates(llama, ids, softmaxAttention)).dataSync() as Float32Array;
  });
  expect(own).toHaveLength(wanted.length);
  let largest = 0;
  for (let index = 0; index < own.length; index += 1)
    largest = Math.max(largest, Math.abs(own[index]! - wanted[index]!));
  expect(largest).toBeLessThan(1e-3);
});

test('transformers continues 20 prompts with the same text', { timeout: 300_000 }, async ({ skip }) => {
  if (missing !== undefined) skip(missing);
  for (const [index, prompt] of prompts.entries())
    expect(await continued(prompt), prompt).toEqual(theirs.texts[index]);
});

async function continued(prompt: string): Promise<readonly number[]> {
  const decoder = new Decoder(llama, { decoding: softmaxDecoding({ window: llama.config.slidingWindow }) });
  const random = rootSeed(0).stream();
  const wanted = { maxTokens: newTokens, endTokens: new Set<number>(), temperature: 0, random };
  const tokens: number[] = [];
  for await (const token of generate(decoder, { ...wanted, prompt: tokenizer.encode(prompt) }))
    tokens.push(token);
  decoder.dispose();
  return tokens;
}
