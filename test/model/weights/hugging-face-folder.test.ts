import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { modelConfigToJson, readModelConfig } from '../../../src/model/config.js';
import { checkLlama, loadLlama, saveLlama } from '../../../src/model/weights/hugging-face-folder.js';
import { readSafetensors, toWrite, writeSafetensors } from '../../../src/model/weights/safetensors.js';
import { useBackend } from '../tensors.js';

const references = join(import.meta.dirname, '../../reference/llama');
let folder: string;

beforeAll(() => useBackend('cpu'));
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hpl-folder-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function changeConfig(change: (config: Record<string, unknown>) => void): Promise<void> {
  const file = join(folder, 'config.json');
  const config = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
  change(config);
  await writeFile(file, JSON.stringify(config));
}

test('what is saved loads again with the same config and the same bits', async () => {
  const original = await loadLlama(join(references, 'sharded-bf16'));
  await saveLlama(join(folder, 'copy'), original);
  const copy = await loadLlama(join(folder, 'copy'));
  expect(copy.config).toEqual(original.config);
  expect([...copy.parameters.keys()]).toEqual([...original.parameters.keys()]);
  for (const [name, tensor] of original.parameters) {
    expect(copy.parameters.get(name)!.dataSync(), name).toEqual(tensor.dataSync());
    copy.parameters.get(name)!.dispose();
    tensor.dispose();
  }
});

test.each([
  ['hidden_size', 'the key "hidden_size" is missing.'],
  ['num_hidden_layers', 'the key "num_hidden_layers" is missing.'],
  ['rms_norm_eps', 'the key "rms_norm_eps" is missing.'],
])('a config without "%s" is refused with file, key and remedy', async (key, message) => {
  await cp(join(references, 'tied'), folder, { recursive: true });
  await changeConfig((config) => {
    config[key] = undefined;
  });
  await expect(loadLlama(folder)).rejects.toThrow(
    `${join(folder, 'config.json')}: ${message} Fetch the model again, or name a folder with a complete config.json.`,
  );
});

test.each<[string, unknown, string]>([
  ['num_hidden_layers', 2.5, 'the key "num_hidden_layers" is 2.5, not a positive integer.'],
  ['num_key_value_heads', 3, '3 key-value heads do not divide 4 heads.'],
  ['head_dim', 5, 'the head size 5 is odd; rotary embeddings need pairs.'],
  ['rms_norm_eps', 'small', 'the key "rms_norm_eps" is "small", not a positive number.'],
  ['model_type', 'gpt2', '"model_type" is "gpt2"; llama, mistral, qwen2, qwen3 can be read.'],
  ['hidden_act', 'gelu', '"hidden_act" is "gelu"; only "silu" can be computed.'],
  ['mlp_bias', true, '"mlp_bias" is true; feed-forward blocks with biases are not supported.'],
  [
    'rope_parameters',
    { rope_type: 'yarn', rope_theta: 5e5 },
    'the rotary embedding type "yarn" cannot be read; default, linear and llama3 can.',
  ],
])('a config with "%s" = %j is refused', async (key, value, message) => {
  await cp(join(references, 'tied'), folder, { recursive: true });
  await changeConfig((config) => {
    config[key] = value;
  });
  await expect(loadLlama(folder)).rejects.toThrow(`${join(folder, 'config.json')}: ${message}`);
});

test('older and newer places of the rotary base are both read', async () => {
  await cp(join(references, 'tied'), folder, { recursive: true });
  expect((await readModelConfig(join(folder, 'config.json'))).ropeTheta).toBe(500);
  await changeConfig((config) => {
    delete config['rope_parameters'];
    config['rope_theta'] = 77;
  });
  expect((await readModelConfig(join(folder, 'config.json'))).ropeTheta).toBe(77);
});

test('a config that is no JSON is refused with the reason', async () => {
  await cp(join(references, 'tied'), folder, { recursive: true });
  await writeFile(join(folder, 'config.json'), '{"model_type": ');
  await expect(checkLlama(folder)).rejects.toThrow('config.json: the file is not valid JSON (');
});

test('a config survives writing and reading', async () => {
  const config = await readModelConfig(join(references, 'untied', 'config.json'));
  await writeFile(join(folder, 'config.json'), JSON.stringify(modelConfigToJson(config)));
  expect(await readModelConfig(join(folder, 'config.json'))).toEqual(config);
});

test('a weight that is missing, misshapen or no number is named with its file', async () => {
  await cp(join(references, 'tied'), folder, { recursive: true });
  const file = join(folder, 'model.safetensors');
  const tensors = await readSafetensors(file);
  const name = 'model.layers.1.self_attn.k_proj.weight';
  const { values } = tensors.get(name)!;

  await writeSafetensors(file, toWrite(new Map([...tensors].filter(([key]) => key !== name))));
  await expect(checkLlama(folder)).rejects.toThrow(
    `${file}: tensor "${name}" is missing. The weights do not belong to config.json, or are incomplete. Fetch both from one place.`,
  );
  await writeSafetensors(file, toWrite(new Map(tensors).set(name, { shape: [16, 12], values })));
  await expect(loadLlama(folder)).rejects.toThrow(
    `${file}: tensor "${name}" has shape [16, 12]; config.json asks for [12, 16]. They do not belong to the same model. Fetch both from one place.`,
  );
  await writeSafetensors(
    file,
    toWrite(new Map(tensors).set(name, { shape: [12, 16], values: Int32Array.from(values) })),
  );
  await expect(loadLlama(folder)).rejects.toThrow(
    `${file}: tensor "${name}" has type I32; F32, F16 and BF16 weights can be read.`,
  );
});

test('a folder without weights, and an index that leads nowhere or elsewhere, are refused', async () => {
  await cp(join(references, 'sharded-bf16'), folder, { recursive: true });
  const index = join(folder, 'model.safetensors.index.json');
  await writeFile(index, JSON.stringify({ weight_map: {} }));
  await expect(checkLlama(folder)).rejects.toThrow(
    `${index}: tensor "model.embed_tokens.weight" is in no file.`,
  );
  await writeFile(
    index,
    JSON.stringify({ weight_map: { 'model.embed_tokens.weight': '../other.safetensors' } }),
  );
  await expect(checkLlama(folder)).rejects.toThrow('is in "../other.safetensors", outside the folder.');
  await writeFile(index, '{}');
  await expect(checkLlama(folder)).rejects.toThrow(`${index}: the key "weight_map" is missing.`);
  await rm(index);
  await expect(checkLlama(folder)).rejects.toThrow(
    `${folder}: neither model.safetensors nor model.safetensors.index.json is there.`,
  );
});
