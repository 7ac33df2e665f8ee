import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { modelConfigToJson, readModelConfig } from '../../../src/model/config.js';
import { ModelFileError } from '../../../src/model/model-file-error.js';
import { writeGgufFolder } from '../../../src/model/weights/gguf-folder.js';
import { checkLlama, loadLlama, saveLlama } from '../../../src/model/weights/hugging-face-folder.js';
import { readSafetensors, writeSafetensors } from '../../../src/model/weights/safetensors.js';
import { useBackend } from '../tensors.js';
import { toWrite } from './arrays-to-write.js';

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
  const problem = async (map: object): Promise<string> => {
    await writeFile(index, JSON.stringify(map));
    return problemOf(checkLlama(folder));
  };
  expect(await problem({ weight_map: {} })).toBe(
    `${index}: tensor "model.embed_tokens.weight" is in no file. Fetch the model again.`,
  );
  expect(await problem({ weight_map: { 'model.embed_tokens.weight': '../other.safetensors' } })).toBe(
    `${index}: tensor "model.embed_tokens.weight" is in "../other.safetensors", outside the folder. Fetch the model again.`,
  );
  expect(await problem({})).toBe(`${index}: the key "weight_map" is missing. Fetch the model again.`);
  await rm(index);
  expect(await problemOf(checkLlama(folder))).toBe(
    `${folder}: neither model.safetensors nor model.safetensors.index.json is there. Name a folder with safetensors weights.`,
  );
});

test('shards that are missing are named, before any other is read', async () => {
  await cp(join(references, 'sharded-bf16'), folder, { recursive: true });
  const index = join(folder, 'model.safetensors.index.json');
  const { weight_map: map } = JSON.parse(await readFile(index, 'utf8')) as {
    weight_map: Record<string, string>;
  };
  const shards = [...new Set(Object.values(map))].sort();
  await rm(join(folder, shards[0]!));
  const text = `${index}: of its ${shards.length} files, `;
  expect(await problemOf(loadLlama(folder))).toBe(
    `${text}"${shards[0]!}" is not there. Fetch the rest of the model.`,
  );
  await rm(join(folder, shards[1]!));
  expect(await problemOf(checkLlama(folder))).toBe(
    `${text}"${shards[0]!}", "${shards[1]!}" are not there. Fetch the rest of the model.`,
  );
});

test('a GGUF file that is gone since it was linked to is named', async () => {
  const file = join(folder, 'tiny.gguf');
  await cp(join(references, '../gguf/qwen3.gguf'), file);
  await writeGgufFolder(file, join(folder, 'base'));
  await rm(file);
  expect(await problemOf(loadLlama(join(folder, 'base')))).toBe(
    `${file}: the GGUF file with the weights is no longer there. Put it back, or name it anew in the "model" stage.`,
  );
});

async function problemOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.catch((reason: unknown) => reason);
  return error instanceof ModelFileError ? error.message : 'sound';
}
