import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { teacherAttention } from '../../src/model/attention/teacher.js';
import { modelConfigFromJson, modelConfigToJson, readJsonObject } from '../../src/model/config.js';
import { readTokenizer } from '../../src/model/tokenizer.js';
import { hiddenStates, logits } from '../../src/model/transformer.js';
import { writeGgufFolder } from '../../src/model/weights/gguf-folder.js';
import { checkLlama, loadLlama, saveLlama } from '../../src/model/weights/hugging-face-folder.js';
import { expectClose, useBackend } from './tensors.js';

interface Reference {
  readonly tokens: number[][];
  readonly logits: number[];
}

const reference = join(import.meta.dirname, '../reference');
const folderOf = (name: string): string => join(reference, 'families', name);

async function expectLogits(folder: string, name: string): Promise<void> {
  const file = join(folderOf(name), 'reference.json');
  const expected = JSON.parse(await readFile(file, 'utf8')) as Reference;
  await checkLlama(folder);
  const llama = await loadLlama(folder);
  tf.tidy(() => {
    const tokens = tf.tensor2d(expected.tokens, undefined, 'int32');
    const hidden = hiddenStates(llama, tokens, teacherAttention(llama.config));
    expectClose(logits(llama, hidden).flatten(), expected.logits, 2e-5);
  });
  for (const tensor of llama.parameters.values()) tensor.dispose();
}

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'hpl-families-'));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const names = [
  'llama3-short',
  'llama3',
  'llama-linear',
  'llama-bias',
  'mistral',
  'mistral-no-window',
  'qwen2',
  'qwen2-window',
  'qwen3',
];

for (const backend of ['cpu', 'wasm'] as const) {
  test.each(names)(`${backend}: logits are those of transformers: %s`, async (name) => {
    await useBackend(backend);
    await expectLogits(folderOf(name), name);
  });
}

test.each(['llama3', 'qwen2', 'qwen3'])('a GGUF file is the same model: %s', async (name) => {
  await useBackend('cpu');
  await inFolder(async (folder) => {
    await writeGgufFolder(join(reference, `gguf/${name}.gguf`), join(folder, 'base'));
    await expectLogits(join(folder, 'base'), name);
    const [fromGguf, fromFolder] = await Promise.all(
      [join(folder, 'base'), folderOf(name)].map(async (place) => {
        const file = join(place, 'config.json');
        return modelConfigFromJson(await readJsonObject(file), file);
      }),
    );
    expect(fromGguf).toEqual(fromFolder);
    const tokenizer = await readTokenizer(join(folder, 'base'));
    const tokens = tokenizer.encode('the<|end|> atheat');
    expect(tokens).toEqual([30, 0, 28, 30, 1, 20]);
    expect(tokenizer.decode(tokens)).toBe('the<|end|> atheat');
    expect(tokenizer.endOfText).toBe(0);
    expect(tokenizer.vocabularySize).toBe(40);
  });
});

test.each(names)('what is written is read as the same model: %s', async (name) => {
  await useBackend('cpu');
  await inFolder(async (folder) => {
    const llama = await loadLlama(folderOf(name));
    await saveLlama(folder, llama);
    for (const tensor of llama.parameters.values()) tensor.dispose();
    await expectLogits(folder, name);
    expect(modelConfigFromJson(modelConfigToJson(llama.config), 'x')).toEqual(llama.config);
  });
});

test('an unknown family is refused with the known ones', () => {
  expect(() => modelConfigFromJson({ model_type: 'gemma' }, 'config.json')).toThrow(
    'config.json: "model_type" is "gemma"; llama, mistral, qwen2, qwen3 can be read. ' +
      'Name a folder with a model of one of these.',
  );
});

const wrong: readonly { family: string; change: Record<string, unknown>; problem: string }[] = [
  {
    family: 'llama3',
    change: { rope_parameters: { rope_type: 'yarn', rope_theta: 10_000, factor: 2 } },
    problem:
      'the rotary embedding type "yarn" cannot be read; default, linear and llama3 can. Name a model with one of these.',
  },
  {
    family: 'llama3',
    change: { rope_parameters: { rope_type: 'llama3', rope_theta: 10_000, factor: 2, low_freq_factor: 1 } },
    problem:
      'the rotary embedding\'s "high_freq_factor" is null, not a positive number. Fetch the model again, or name a folder with a complete config.json.',
  },
  {
    family: 'llama-linear',
    change: { rope_parameters: { rope_type: 'linear', factor: -1 } },
    problem:
      'the rotary embedding\'s "factor" is -1, not a positive number. Fetch the model again, or name a folder with a complete config.json.',
  },
  {
    family: 'mistral',
    change: { sliding_window: 0 },
    problem: '"sliding_window" is 0, not a positive integer. Fetch the model again.',
  },
  {
    family: 'qwen2-window',
    change: { layer_types: ['full_attention', 'sliding_attention'] },
    problem:
      'some layers have a sliding window and some have none, which is not supported. Name another model.',
  },
  {
    family: 'qwen3',
    change: { hidden_act: 'gelu' },
    problem: '"hidden_act" is "gelu"; only "silu" can be computed. Name another model.',
  },
  {
    family: 'llama-bias',
    change: { mlp_bias: true },
    problem: '"mlp_bias" is true; feed-forward blocks with biases are not supported. Name another model.',
  },
];

test.each(wrong)('$family with $change is refused', async ({ family, change, problem }) => {
  const json = await readJsonObject(join(folderOf(family), 'config.json'));
  expect(() => modelConfigFromJson({ ...json, ...(change as typeof json) }, 'config.json')).toThrow(
    `config.json: ${problem}`,
  );
});

test('windows of Qwen count where their config says so, and those of silent Mistrals are 4096', async () => {
  const windowOf = async (family: string, dropped: string, change: object): Promise<number | undefined> => {
    const json = await readJsonObject(join(folderOf(family), 'config.json'));
    const kept = Object.fromEntries(Object.entries(json).filter(([key]) => key !== dropped));
    return modelConfigFromJson({ ...kept, ...change }, 'x').slidingWindow;
  };
  expect(await windowOf('qwen2-window', 'layer_types', {})).toBe(7);
  expect(await windowOf('qwen2-window', 'layer_types', { max_window_layers: 2 })).toBeUndefined();
  expect(await windowOf('qwen2-window', 'layer_types', { use_sliding_window: false })).toBeUndefined();
  expect(await windowOf('mistral', 'sliding_window', {})).toBe(4096);
});

test('a model whose biases are missing is refused', async () => {
  await inFolder(async (folder) => {
    const llama = await loadLlama(folderOf('mistral-no-window'));
    await saveLlama(folder, llama);
    for (const tensor of llama.parameters.values()) tensor.dispose();
    const file = join(folder, 'config.json');
    const json = await readJsonObject(file);
    await writeFile(file, JSON.stringify({ ...json, model_type: 'qwen2' }));
    await expect(checkLlama(folder)).rejects.toThrow(
      'tensor "model.layers.0.self_attn.q_proj.bias" is missing. ' +
        'The weights do not belong to config.json, or are incomplete.',
    );
  });
});
