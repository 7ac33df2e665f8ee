import { cp, lstat, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { softmaxAttention } from '../../../src/model/attention/softmax.js';
import { precisionOf } from '../../../src/model/bfloat16/precision.js';
import { isBfloat16 } from '../../../src/model/bfloat16/rounding.js';
import { languageModelLoss } from '../../../src/model/losses/language-model-loss.js';
import { loadModel, loadTokenizer, saveModelDelta } from '../../../src/plugins/model-artifact.js';
import { normals, useBackend } from '../../model/tensors.js';
import { stageBench, type StageBench } from '../stage-bench.js';
import { useTensorflow } from '../../model/use-tensorflow.js';

let bench: StageBench;
const root = join(import.meta.dirname, '../../..');

beforeAll(async () => {
  await useBackend('cpu');
  bench = await stageBench();
  const source = join(bench.folder, 'source');
  await cp(join(root, 'test/reference/llama/untied'), source, { recursive: true });
  await writeFile(join(source, 'tokenizer.json'), await smallTokenizer());
  await bench.run('model', 'teacher', { source: 'source' });
});
afterAll(() => bench.remove());

/** A tokenizer of 40 tokens, as the reference model has. */
async function smallTokenizer(): Promise<string> {
  const json = JSON.parse(await readFile(join(root, 'models/tiny-llama/tokenizer.json'), 'utf8')) as {
    model: { vocab: Record<string, number>; merges: unknown[] };
  };
  json.model.vocab = Object.fromEntries(Object.entries(json.model.vocab).filter(([, token]) => token < 40));
  json.model.merges = [];
  return JSON.stringify(json);
}

test('the artifact holds links, not copies', async () => {
  const found = await lstat(join(bench.folder, 'teacher/base/model.safetensors'));
  expect(found.isSymbolicLink()).toBe(true);
  expect(JSON.parse(await readFile(join(bench.folder, 'teacher/model.json'), 'utf8'))).toEqual({
    schema: 'hpl.model/1',
    base: { folder: 'base' },
  });
});

test('a derived model refers to the base by fingerprint, and brings its trained tensors', async () => {
  const before = tf.memory().numTensors;
  await mkdir(join(bench.folder, 'derived'));
  const trained = new Map([['layers.0.mix.gamma', normals<tf.Rank.R1>('gamma', [2])]]);
  const conversion = {
    window: 4,
    linear_scope: 'outside_window' as const,
    feature_map: { plugin: 'hedgehog', options: {} },
    mix: { plugin: 'joint', options: {} },
  };
  await saveModelDelta(
    join(bench.folder, 'derived'),
    { base: { artifact: 'fp-teacher' }, conversion },
    trained,
  );
  bench.publish('derived', 'model');
  const model = await loadModel(bench.artifact('derived'), bench.context('reader'));
  expect(model.baseArtifact).toBe('fp-teacher');
  expect(model.description).toEqual({
    base: { artifact: 'fp-teacher' },
    conversion,
    trained: 'trained.safetensors',
  });
  expect(model.conversion).toMatchObject({ window: 4, linearScope: 'outside_window' });
  expect(model.trained.get('layers.0.mix.gamma')!.dataSync()).toEqual(
    trained.get('layers.0.mix.gamma')!.dataSync(),
  );
  model.dispose();
  for (const tensor of trained.values()) tensor.dispose();
  expect(tf.memory().numTensors).toBe(before);
  const tokenizer = await loadTokenizer(bench.artifact('derived'), bench.context('reader'));
  expect(tokenizer.vocabularySize).toBe(40);
});

test('weights in bf16 are refused by a backend that has none, and written whole by request', async () => {
  await bench.run('model', 'half', { source: 'source', precision: 'bf16' });
  const context = bench.context('reader');
  expect(JSON.parse(await readFile(join(bench.folder, 'half/model.json'), 'utf8'))).toMatchObject({
    precision: 'bf16',
  });
  await expect(loadModel(bench.artifact('half'), context)).rejects.toMatchObject({
    name: 'StageFailure',
    message:
      'The model\'s weights are to be bf16 ("precision" of its model stage), which the backend "cpu" does not have. ' +
      'Use backend = tensorflow, or precision = fp32.',
  });
  const whole = await loadModel(bench.artifact('half'), context, 'float32');
  expect(precisionOf(whole.llama)).toBe('float32');
  whole.dispose();
});

test('with TensorFlow a model in bf16 holds its matrices in half the bytes', async ({ skip }) => {
  await useTensorflow({ skip });
  try {
    await bench.run('model', 'native', { source: 'source', precision: 'bf16' });
    const half = await loadModel(bench.artifact('native'), bench.context('reader'));
    const whole = await loadModel(bench.artifact('native'), bench.context('reader'), 'float32');
    for (const [name, weight] of half.llama.parameters)
      expect(isBfloat16(weight), name).toBe(weight.shape.length === 2);
    const losses = [half, whole].map(({ llama }) =>
      tf.tidy(() => {
        const tokens = tf.tensor2d([[1, 5, 3, 2]], undefined, 'int32');
        const scored = tf.ones<tf.Rank.R2>([1, 4]);
        return languageModelLoss(llama, { tokens, scored }, { attention: softmaxAttention }).dataSync()[0]!;
      }),
    );
    expect(losses[0]).toBeCloseTo(losses[1]!, 1);
    expect(losses[0]).not.toBe(losses[1]);
    half.dispose();
    whole.dispose();
  } finally {
    await useBackend('cpu');
  }
});

test('a description that is not of a model is refused', async () => {
  await mkdir(join(bench.folder, 'strange'));
  const file = join(bench.folder, 'strange/model.json');
  bench.publish('strange', 'model');
  for (const json of [
    { schema: 'hpl.model/2', base: { folder: 'base' } },
    { schema: 'hpl.model/1', base: { folder: '/etc' } },
    { schema: 'hpl.model/1', base: { folder: 'base' }, trained: '../elsewhere.safetensors' },
    { schema: 'hpl.model/1', base: { folder: 'base' }, adapter: 'lora' },
  ]) {
    await writeFile(file, JSON.stringify(json));
    await expect(loadModel(bench.artifact('strange'), bench.context('reader'))).rejects.toThrow(
      `${file}: this is no "hpl.model/1" description of a model. Run the stage that made it again.`,
    );
  }
});

test('a source that is no complete model is refused before another stage needs it', async () => {
  const run = (source: string): Promise<unknown> => bench.run('model', 'refused', { source });
  await expect(run('nowhere')).rejects.toMatchObject({
    name: 'StageFailure',
    message: `${join(bench.folder, 'nowhere')}: there is no such file or folder. Check the path of "source".`,
  });
  const broken = join(bench.folder, 'broken');
  await cp(join(bench.folder, 'source'), broken, { recursive: true });
  await cp(join(root, 'models/tiny-llama/tokenizer.json'), join(broken, 'tokenizer.json'));
  await expect(run('broken')).rejects.toThrow(
    `${broken}: tokenizer.json has 512 tokens, config.json "vocab_size" 40.`,
  );
  await rm(join(broken, 'tokenizer.json'));
  await expect(run('broken')).rejects.toThrow(`${join(broken, 'tokenizer.json')}: the file cannot be read.`);
  const weights = join(broken, 'model.safetensors');
  await writeFile(weights, (await readFile(weights)).subarray(0, 5000));
  await expect(run('broken')).rejects.toThrow(`${weights}: tensor "`);
});

test('a folder of links, as model hubs keep them, is read like any other', async () => {
  await mkdir(join(bench.folder, 'links'));
  for (const name of ['config.json', 'model.safetensors', 'tokenizer.json'])
    await symlink(join(bench.folder, 'source', name), join(bench.folder, 'links', name));
  const [event] = await bench.run('model', 'from-links', { source: 'links' });
  expect(event).toMatchObject({ type: 'output', summary: { parameters: 6096, layers: 2, vocabulary: 40 } });
  const model = await loadModel(bench.artifact('from-links'), bench.context('reader'));
  model.dispose();
});

test('a GGUF file is a source: config and tokenizer are written, the weights stay in the file', async () => {
  await cp(join(root, 'test/reference/gguf/qwen3.gguf'), join(bench.folder, 'qwen3.gguf'));
  const [event] = await bench.run('model', 'from-gguf', { source: 'qwen3.gguf' });
  expect(event).toMatchObject({ type: 'output', summary: { parameters: 6512, layers: 2, vocabulary: 40 } });
  expect((await lstat(join(bench.folder, 'from-gguf/base/model.gguf'))).isSymbolicLink()).toBe(true);
  const model = await loadModel(bench.artifact('from-gguf'), bench.context('reader'));
  expect(model.llama.config.family).toBe('qwen3');
  expect(model.tokenizer.encode('the')).toEqual([30]);
  model.dispose();
});

test('a file that is no GGUF is refused', async () => {
  const file = join(bench.folder, 'source/config.json');
  await expect(bench.run('model', 'refused-file', { source: 'source/config.json' })).rejects.toMatchObject({
    name: 'StageFailure',
    message: `${file}: the file does not begin with "GGUF". Name a GGUF file, or fetch it again.`,
  });
});
