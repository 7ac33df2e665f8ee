import { cp, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/base/json.js';
import { softmaxAttention } from '../../../src/model/attention/softmax.js';
import { hiddenStates, logits } from '../../../src/model/transformer.js';
import { loadLlama } from '../../../src/model/weights/hugging-face-folder.js';
import { loadModel, saveModelDelta } from '../../../src/plugins/model-artifact.js';
import { expectClose, normals, useBackend } from '../../model/tensors.js';
import { checkpointsIn, stageBench, type StageBench } from '../stage-bench.js';

let bench: StageBench;
const root = join(import.meta.dirname, '../../..');

beforeAll(async () => {
  await useBackend('wasm');
  bench = await stageBench();
  await cp(join(root, 'models/tiny-llama/tokenizer.json'), join(bench.folder, 'tokenizer.json'));
  const lines = (await readFile(join(root, 'data/speeches.jsonl'), 'utf8')).split('\n').slice(0, 4);
  const shortened = lines.map((line) => {
    const { text } = JSON.parse(line) as { text: string };
    return `${JSON.stringify({ text: text.slice(0, 3000) })}\n`;
  });
  await writeFile(join(bench.folder, 'texts.jsonl'), shortened.join(''));
  await bench.run('data', 'rows', {
    sources: [
      { plugin: 'text', options: { path: 'texts.jsonl' } },
      { plugin: 'recall', options: { rows: 20 } },
    ],
    tokenizer_file: 'tokenizer.json',
    context: 32,
    holdout: 0.2,
  });
});
afterAll(() => bench.remove());

const options: JsonObject = {
  data: { stage: 'rows' },
  tokenizer_file: 'tokenizer.json',
  layers: 1,
  hidden: 16,
  heads: 2,
  key_value_heads: 1,
  head_size: 8,
  intermediate: 24,
  batch: 4,
  evaluate_every: 4,
  validation_rows: 6,
  optimizer: { plugin: 'adamw', options: { learning_rate: 1e-2, warmup: 2, decay: 'cosine' } },
  stop: { op: '>=', left: { op: 'metric', name: 'steps' }, right: { op: 'number', value: 10 } },
};

const weightsOf = (name: string): Promise<Buffer> =>
  readFile(join(bench.folder, name, 'base/model.safetensors'));

test('a pretrained model is a folder that loads again, and training lowers its validation loss', async () => {
  const before = tf.memory().numTensors;
  const events = await bench.run('pretrain', 'whole', options);
  const losses = events.flatMap((event) =>
    event.type === 'metric' && event.name === 'validation.loss' ? [event] : [],
  );
  expect(losses.map(({ step }) => step)).toEqual([4, 8, 10]);
  expect(losses[0]!.value).toBeLessThan(Math.log(512) + 0.5);
  expect(losses[2]!.value).toBeLessThan(losses[0]!.value - 0.05);
  expect(losses[0]!.standardError).toBeGreaterThan(0);
  expect(events.at(-1)).toMatchObject({ type: 'output', summary: { parameters: 10_160, steps: 10 } });
  expect((await readdir(join(bench.folder, 'whole/base'))).sort()).toEqual([
    'config.json',
    'model.safetensors',
    'tokenizer.json',
    'tokenizer_config.json',
  ]);
  const model = await loadModel(bench.artifact('whole'), bench.context('reader'));
  expect(model.llama.config).toMatchObject({ hiddenSize: 16, contextLength: 32, endToken: 0 });
  expect(model.baseArtifact).toBe('fp-whole');
  model.dispose();
  // A causal mask and two tables of the rotary embedding are kept for later passes.
  expect(tf.memory().numTensors - before).toBeLessThanOrEqual(3);
});

test('interrupted and resumed, it ends with the same bits', async () => {
  const checkpoints = checkpointsIn(join(bench.folder, 'pretrain-checkpoints'), 1e9);
  const controller = new AbortController();
  const first = await bench.run('pretrain', 'halves', options, {
    checkpoints,
    signal: controller.signal,
    onEvent: (event) => {
      if (event.type === 'progress' && event.step === 5) controller.abort();
    },
  });
  expect(first.at(-1)).toEqual({ type: 'checkpoint', step: 5 });
  await bench.run('pretrain', 'halves', options, { checkpoints });
  expect(await weightsOf('halves')).toEqual(await weightsOf('whole'));
});

test('a tokenizer that did not make the data is refused', async () => {
  const other = (await readFile(join(bench.folder, 'tokenizer.json'), 'utf8')).replace(/\}\s*$/, ' }');
  await writeFile(join(bench.folder, 'other.json'), other);
  await expect(
    bench.run('pretrain', 'refused', { ...options, tokenizer_file: 'other.json' }),
  ).rejects.toThrow(
    `${join(bench.folder, 'other.json')}: this tokenizer did not make the data. Name the same file here and in the data stage.`,
  );
});

test('a model stage links to a folder, and the model computes as before', async () => {
  await mkdir(join(bench.folder, 'shared'));
  await cp(join(bench.folder, 'whole/base'), join(bench.folder, 'shared/llama'), { recursive: true });
  const [event] = await bench.run('model', 'linked', { source: 'shared/llama' });
  expect(event).toEqual({
    type: 'output',
    summary: { parameters: 10_160, layers: 1, heads: 2, hidden: 16, vocabulary: 512, context: 32 },
  });
  const model = await loadModel(bench.artifact('linked'), bench.context('reader'));
  const original = await loadLlama(join(bench.folder, 'whole/base'));
  tf.tidy(() => {
    const tokens = tf.tensor2d([[1, 2, 3]], undefined, 'int32');
    expectClose(
      logits(model.llama, hiddenStates(model.llama, tokens, softmaxAttention)),
      logits(original, hiddenStates(original, tokens, softmaxAttention)),
      0,
    );
  });
  for (const tensor of original.parameters.values()) tensor.dispose();
  model.dispose();
});

test('an exported model has its adapters merged in, and what makes it hybrid beside it', async () => {
  const folder = join(bench.folder, 'tuned');
  await mkdir(folder);
  const adapter = { plugin: 'lora', options: { rank: 2, alpha: 4, targets: ['q', 'o'] } };
  const conversion = {
    window: 4,
    linear_scope: 'all' as const,
    feature_map: { plugin: 'hedgehog', options: {} },
    mix: { plugin: 'fixed', options: {} },
  };
  const trained = new Map<string, tf.Tensor>([
    ['layers.0.self_attn.q_proj.lora_a', normals('qa', [16, 2])],
    ['layers.0.self_attn.q_proj.lora_b', normals('qb', [2, 16])],
    ['layers.0.self_attn.o_proj.lora_a', normals('oa', [16, 2])],
    ['layers.0.self_attn.o_proj.lora_b', normals('ob', [2, 16])],
    ['layers.0.feature_map.query.weight', normals('map', [2, 8, 8])],
  ]);
  await saveModelDelta(folder, { base: { artifact: 'fp-whole' }, conversion, adapter }, trained);
  bench.publish('tuned', 'model');
  const events = await bench.run('export', 'files', { model: { stage: 'tuned' } });
  expect(events.at(-1)).toEqual({
    type: 'output',
    summary: { merged_projections: 2, hybrid_tensors: 1 },
  });
  expect((await readdir(join(bench.folder, 'files'))).sort()).toEqual([
    'config.json',
    'configuration_hpl.py',
    'hybrid.safetensors',
    'hybrid_config.json',
    'model.safetensors',
    'modeling_hpl.py',
    'tokenizer.json',
    'tokenizer_config.json',
  ]);
  expect(JSON.parse(await readFile(join(bench.folder, 'files/hybrid_config.json'), 'utf8'))).toEqual({
    schema: 'hpl.hybrid/1',
    ...conversion,
  });
  const tuned = await loadModel(bench.artifact('tuned'), bench.context('reader'));
  const merged = await loadLlama(join(bench.folder, 'files'));
  tf.tidy(() => {
    const tokens = tf.tensor2d([[1, 2, 3, 400, 5]], undefined, 'int32');
    const plain = hiddenStates(merged, tokens, softmaxAttention);
    expectClose(plain, hiddenStates(tuned.llama, tokens, softmaxAttention, tuned.adapters), 1e-4);
    const untuned = hiddenStates(tuned.llama, tokens, softmaxAttention);
    expect(plain.sub(untuned).abs().max().dataSync()[0]!).toBeGreaterThan(0.01);
  });
  for (const tensor of [...merged.parameters.values(), ...trained.values()]) tensor.dispose();
  tuned.dispose();
});
