import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { softmaxAttention } from '../../src/model/attention/softmax.js';
import { readTokenizerFile } from '../../src/model/tokenizer.js';
import { hiddenStates, logits } from '../../src/model/transformer.js';
import { loadLlama } from '../../src/model/weights/hugging-face-folder.js';
import { expectClose, useBackend } from './tensors.js';

interface Reference {
  readonly text: string;
  readonly textTokens: readonly number[];
  readonly tokens: number[];
  readonly positions: number[];
  readonly logits: readonly (readonly number[])[];
}

const folder = join(import.meta.dirname, '../../models/tiny-llama');
const reference = JSON.parse(
  await readFile(join(import.meta.dirname, '../reference/tiny-llama.json'), 'utf8'),
) as Reference;

test('the bundled model gives the logits of transformers within 1e-4, over a full context', async () => {
  await useBackend('wasm');
  const llama = await loadLlama(folder);
  tf.tidy(() => {
    const hidden = hiddenStates(llama, tf.tensor2d([reference.tokens], undefined, 'int32'), softmaxAttention);
    const chosen = tf.gather(logits(llama, hidden).squeeze<tf.Tensor2D>([0]), reference.positions);
    expectClose(chosen.flatten(), reference.logits.flat(), 1e-4);
  });
  for (const tensor of llama.parameters.values()) tensor.dispose();
});

test('the bundled tokenizer gives the tokens of transformers', async () => {
  const tokenizer = await readTokenizerFile(join(folder, 'tokenizer.json'));
  expect(tokenizer.encode(reference.text)).toEqual(reference.textTokens);
});
