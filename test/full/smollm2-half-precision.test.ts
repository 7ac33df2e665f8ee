import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { softmaxAttention } from '../../src/model/attention/softmax.js';
import type { Precision } from '../../src/model/bfloat16/precision.js';
import { languageModelLoss } from '../../src/model/losses/language-model-loss.js';
import { readTokenizer } from '../../src/model/tokenizer.js';
import { hiddenStates, logits } from '../../src/model/transformer.js';
import { writeGgufFolder } from '../../src/model/weights/gguf-folder.js';
import { loadLlama } from '../../src/model/weights/hugging-face-folder.js';
import { useTensorflow } from '../model/use-tensorflow.js';

const rows = 8;
const context = 256;
const speeches = join(import.meta.dirname, '../../data/speeches.jsonl');

interface Measured {
  readonly logits: Float32Array;
  /** Mean over all tokens, in nats. */
  readonly loss: number;
}

async function measure(folder: string, precision: Precision, ids: readonly number[][]): Promise<Measured> {
  const llama = await loadLlama(folder, precision);
  const found = tf.tidy(() => {
    const tokens = tf.tensor2d([...ids], undefined, 'int32');
    const loss = languageModelLoss(
      llama,
      { tokens, scored: tf.ones([rows, context]) },
      { attention: softmaxAttention },
    );
    const first = hiddenStates(llama, tokens.slice([0, 0], [1, -1]), softmaxAttention);
    return { logits: logits(llama, first).dataSync() as Float32Array, loss: loss.dataSync()[0]! };
  });
  tf.dispose([...llama.parameters.values()]);
  return found;
}

test('weights in bf16 leave the perplexity of SmolLM2 within 1 %, and its scores close', async ({ skip }) => {
  const file = process.env['HPL_SMOLLM2'];
  if (file?.endsWith('.gguf') !== true) skip('HPL_SMOLLM2 does not name a GGUF file of SmolLM2');
  await useTensorflow({ skip });
  const folder = await mkdtemp(join(tmpdir(), 'hpl-half-precision-'));
  try {
    await writeGgufFolder(file!, folder);
    const [line] = (await readFile(speeches, 'utf8')).split('\n');
    const text = (await readTokenizer(folder)).encode((JSON.parse(line!) as { text: string }).text);
    const ids = Array.from({ length: rows }, (_, row) => text.slice(row * context, (row + 1) * context));
    const whole = await measure(folder, 'float32', ids);
    const half = await measure(folder, 'bfloat16', ids);
    const differences = whole.logits.map((score, index) => Math.abs(score - half.logits[index]!));
    const largest = differences.reduce((most, difference) => Math.max(most, difference), 0);
    const mean = differences.reduce((sum, difference) => sum + difference, 0) / differences.length;
    const ratio = Math.exp(half.loss - whole.loss);
    console.log(
      `bf16 beside fp32 on ${rows * context} tokens: perplexity ${Math.exp(half.loss).toFixed(3)} beside ` +
        `${Math.exp(whole.loss).toFixed(3)} (x ${ratio.toFixed(4)}); scores differ by ${mean.toFixed(4)}, at most ${largest.toFixed(3)}`,
    );
    expect(Math.abs(ratio - 1)).toBeLessThan(0.01);
    expect(mean).toBeLessThan(0.1);
    expect(largest).toBeLessThan(1);
  } finally {
    await rm(folder, { recursive: true });
  }
});
