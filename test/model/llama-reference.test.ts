import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { softmaxAttention } from '../../src/model/attention/softmax.js';
import { lossAndGradients } from '../../src/model/gradients.js';
import { languageModelLoss } from '../../src/model/losses/language-model-loss.js';
import { hiddenStates, logits, type Llama } from '../../src/model/transformer.js';
import { loadLlama } from '../../src/model/weights/hugging-face-folder.js';
import { expectClose, useBackend } from './tensors.js';

interface Reference {
  readonly tokens: number[][];
  readonly logits: number[];
  readonly loss: number;
}

const folderOf = (name: string): string => join(import.meta.dirname, '../reference/llama', name);

async function referenceOf(name: string): Promise<Reference> {
  return JSON.parse(await readFile(join(folderOf(name), 'reference.json'), 'utf8')) as Reference;
}

function disposeLlama({ parameters }: Llama): void {
  for (const tensor of parameters.values()) tensor.dispose();
}

for (const backend of ['cpu', 'wasm'] as const) {
  test.each(['tied', 'untied', 'sharded-bf16'])(
    `${backend}: logits and loss are those of transformers within 1e-4: %s`,
    async (name) => {
      await useBackend(backend);
      const reference = await referenceOf(name);
      const llama = await loadLlama(folderOf(name));
      tf.tidy(() => {
        const tokens = tf.tensor2d(reference.tokens, undefined, 'int32');
        const hidden = hiddenStates(llama, tokens, softmaxAttention);
        expectClose(logits(llama, hidden).flatten(), reference.logits, 1e-5);
        const scored = tf.ones<tf.Rank.R2>(tokens.shape);
        const loss = languageModelLoss(llama, { tokens, scored }, { attention: softmaxAttention });
        expectClose(loss, [reference.loss], 1e-5);
      });
      disposeLlama(llama);
    },
  );
}

test('the gradient of every weight of a whole model is that of finite differences, and wasm agrees with cpu', async () => {
  const reference = await referenceOf('tied');
  const gradientsOn = async (backend: 'cpu' | 'wasm'): Promise<Map<string, Float32Array>> => {
    await useBackend(backend);
    const llama = await loadLlama(folderOf('tied'));
    const loss = lossOf(llama, reference);
    const found = lossAndGradients(llama.parameters, loss);
    if (backend === 'cpu') expectSlopes(llama, loss, found.gradients);
    const values = new Map(
      [...found.gradients].map(([name, tensor]) => [name, tensor.dataSync() as Float32Array]),
    );
    found.loss.dispose();
    for (const tensor of found.gradients.values()) tensor.dispose();
    disposeLlama(llama);
    return values;
  };
  const [cpu, wasm] = [await gradientsOn('cpu'), await gradientsOn('wasm')];
  expect([...wasm.keys()]).toEqual([...cpu.keys()]);
  for (const [name, gradient] of cpu) {
    const scale = Math.max(...gradient.map(Math.abs));
    const other = wasm.get(name)!;
    gradient.forEach((value, index) => {
      expect(Math.abs(value - other[index]!), name).toBeLessThan(1e-4 * (scale + 1));
    });
  }
});

type Loss = (parameters: Llama['parameters']) => tf.Scalar;

function lossOf({ config }: Llama, reference: Reference): Loss {
  return (parameters) => {
    const tokens = tf.tensor2d(reference.tokens, undefined, 'int32');
    const scored = tf.ones<tf.Rank.R2>(tokens.shape);
    return languageModelLoss({ config, parameters }, { tokens, scored }, { attention: softmaxAttention });
  };
}

/** Steps every weight along its own gradient: the loss must change by the gradient's squared norm. */
function expectSlopes(llama: Llama, loss: Loss, gradients: ReadonlyMap<string, tf.Tensor>): void {
  expect([...gradients.keys()]).toEqual([...llama.parameters.keys()]);
  for (const [name, gradient] of gradients) {
    tf.tidy(() => {
      const norm = gradient.norm().dataSync()[0]!;
      const along = gradient.div(norm);
      const at = (step: number): number =>
        loss(
          new Map(llama.parameters).set(name, llama.parameters.get(name)!.add(along.mul(step))),
        ).dataSync()[0]!;
      const step = 1e-2;
      const slope = (8 * (at(step) - at(-step)) - (at(2 * step) - at(-2 * step))) / (12 * step);
      expect(Math.abs(slope - norm) / (norm + 0.1), name).toBeLessThan(1e-2);
    });
  }
}

test('training steps leave no tensor behind', async () => {
  await useBackend('wasm');
  const reference = await referenceOf('untied');
  const llama = await loadLlama(folderOf('untied'));
  const step = (): void => {
    const { loss, gradients } = lossAndGradients(llama.parameters, lossOf(llama, reference));
    loss.dispose();
    for (const tensor of gradients.values()) tensor.dispose();
  };
  // The first pass makes masks that are kept for all later ones.
  step();
  const before = tf.memory().numTensors;
  step();
  step();
  expect(tf.memory().numTensors).toBe(before);
  disposeLlama(llama);
});
