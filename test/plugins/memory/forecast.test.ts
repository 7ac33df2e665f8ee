import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { JsonObject } from '../../../src/base/json.js';
import { rootSeed } from '../../../src/base/seed.js';
import { fixedMix } from '../../../src/model/attention/fixed-mix.js';
import { readModelConfig } from '../../../src/model/config.js';
import { hedgehog } from '../../../src/model/feature-maps/hedgehog.js';
import { initialTensors } from '../../../src/model/hybrid/layer-tensors.js';
import { conversionNumbers } from '../../../src/plugins/memory/training-work.js';
import type { ForeseenModel } from '../../../src/plugins/memory/foreseen.js';
import { standardPlugins } from '../../../src/plugins/index.js';
import type { BackendInfo } from '../../../src/runtime/contract/backend.js';
import type { Forecast } from '../../../src/runtime/contract/forecast.js';
import { useBackend } from '../../model/tensors.js';

const root = resolve(import.meta.dirname, '../../..');
const shipped = join(root, 'models/tiny-llama');
const gguf = join(root, 'test/reference/gguf/qwen3.gguf');
const wasm: BackendInfo = { name: 'wasm', version: '1', device: 'cpu' };
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hpl-forecast-'));
  vi.stubEnv('HF_HOME', join(folder, 'hub-home'));
  vi.stubEnv('HF_HUB_CACHE', undefined);
  vi.stubEnv('HPL_CACHE', join(folder, 'cache'));
  vi.stubEnv('HPL_MEMORY_GIB', undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

type Named = readonly [name: string, kind: string, options: JsonObject];

/** What each stage foresees, in order; the first one may have a result. */
async function foresee(
  stages: readonly Named[],
  { backend = wasm, result }: { readonly backend?: BackendInfo; readonly result?: string } = {},
): Promise<ReadonlyMap<string, Forecast>> {
  const forecasts = new Map<string, Forecast>();
  for (const [name, kind, options] of stages) {
    const plugin = standardPlugins.find((item) => item.type === 'stage' && item.kind === kind);
    if (plugin?.type !== 'stage') throw new Error(`there is no stage ${kind}`);
    const forecast = await plugin.forecast?.(options, {
      stage: name,
      backend,
      path: (option) => resolve(folder, option),
      input: ({ stage }) => forecasts.get(stage)?.artifact,
      ...(result === undefined
        ? {}
        : { result: { type: 'model', fingerprint: 'f', folder: result, summary: {} } }),
    });
    forecasts.set(name, forecast ?? {});
  }
  return forecasts;
}

async function hiddenSize(options: JsonObject, result?: string): Promise<number | undefined> {
  const found = await foresee([['teacher', 'model', options]], result === undefined ? {} : { result });
  return (found.get('teacher')?.artifact as ForeseenModel).config?.hiddenSize;
}

function put(content: string, ...at: readonly string[]): void {
  const file = join(folder, ...at);
  mkdirSync(dirname(file), { recursive: true });
  copyFileSync(content, file);
}

const commit = 'c0ffee'.padEnd(40, '0');
const packed = { package: 'some-model==1.0', file: 'some_model/qwen3.gguf', sha256: 'a'.repeat(64) };
const snapshot = ['hub-home', 'hub', 'models--maker--tiny', 'snapshots', commit, 'config.json'];

test('the shape of a model is known from its folder, a GGUF file, a cache, or the result of its stage', async () => {
  const config = join(shipped, 'config.json');
  expect(await hiddenSize({ source: shipped })).toBe(192);
  expect(await hiddenSize({ source: gguf })).toBe(16);

  expect(await hiddenSize(packed)).toBeUndefined();
  put(gguf, 'cache', 'models', packed.sha256, 'qwen3.gguf');
  expect(await hiddenSize(packed)).toBe(16);

  expect(await hiddenSize({ repository: 'maker/tiny' })).toBeUndefined();
  put(config, ...snapshot);
  expect(await hiddenSize({ repository: 'maker/tiny', revision: commit })).toBe(192);
  expect(await hiddenSize({ repository: 'maker/tiny' })).toBeUndefined();
  mkdirSync(join(folder, 'hub-home/hub/models--maker--tiny/refs'));
  writeFileSync(join(folder, 'hub-home/hub/models--maker--tiny/refs/main'), commit);
  expect(await hiddenSize({ repository: 'maker/tiny' })).toBe(192);

  put(config, 'result', 'base', 'config.json');
  expect(await hiddenSize({ repository: 'maker/other' }, join(folder, 'result'))).toBe(192);
});

test('what cannot be read is left to its stage', async () => {
  writeFileSync(join(folder, 'broken.gguf'), 'GGUF');
  mkdirSync(join(folder, 'empty'));
  expect(await hiddenSize({ source: 'broken.gguf' })).toBeUndefined();
  expect(await hiddenSize({ source: 'empty' })).toBeUndefined();
  expect(await hiddenSize({ source: 'nowhere' })).toBeUndefined();
});

test.each([{}, { size: 16 }])(
  'the numbers that a conversion learns are foreseen exactly: %j',
  async (options) => {
    await useBackend('cpu');
    const config = await readModelConfig(join(shipped, 'config.json'));
    const map = { activation: 'softmax' as const, noise: 0.1, ...options };
    const conversion = {
      window: 8,
      linearScope: 'all' as const,
      featureMap: hedgehog(map),
      mix: fixedMix({ window: 0.5 }),
    };
    const tensors = [...initialTensors(conversion, config, rootSeed(0)).values()];
    const count = tensors.reduce((sum, tensor) => sum + tensor.size, 0);
    for (const tensor of tensors) tensor.dispose();
    const described = {
      window: 8,
      linear_scope: 'all' as const,
      feature_map: { plugin: 'hedgehog', options: map },
      mix: { plugin: 'fixed', options: {} },
    };
    expect(conversionNumbers(config, described)).toBe(count);
    expect(conversionNumbers(config, { ...described, feature_map: { plugin: 'mine', options: {} } })).toBe(0);
  },
);

const lora = { plugin: 'lora', options: { rank: 4, alpha: 8, targets: ['q', 'v'] } };

/** A whole conversion; `precision` is that of its teacher. */
const conversionOf = (precision: string): readonly Named[] => [
  ['teacher', 'model', { source: shipped, precision }],
  ['speeches', 'data', { context: 256 }],
  ['hybrid', 'convert', { model: { stage: 'teacher' }, window: 16, mix: { plugin: 'fixed', options: {} } }],
  ['maps', 'transfer', { model: { stage: 'hybrid' }, data: { stage: 'speeches' }, batch: 8 }],
  ['recover', 'finetune', { model: { stage: 'maps' }, data: { stage: 'speeches' }, batch: 8, adapter: lora }],
  ['whole', 'export', { model: { stage: 'recover' } }],
];

test('the memory of a whole conversion is foreseen from its options', async () => {
  const found = await foresee(conversionOf('fp32'));
  const mebibytes = [...found].map(([name, { memory }]) => [
    name,
    memory && Math.round(memory.bytes / 2 ** 20),
  ]);
  expect(Object.fromEntries(mebibytes)).toEqual({
    teacher: undefined,
    speeches: undefined,
    hybrid: undefined,
    maps: expect.any(Number) as unknown,
    recover: expect.any(Number) as unknown,
    whole: expect.any(Number) as unknown,
  });
  const bytes = (name: string): number => found.get(name)?.memory?.bytes ?? 0;
  expect(bytes('maps')).toBeGreaterThan(1.5 * bytes('whole'));
  expect(bytes('recover')).toBeGreaterThan(1.5 * bytes('whole'));
  expect((found.get('recover')?.artifact as ForeseenModel).adapterNumbers).toBeGreaterThan(0);
});

test('a stage that would not fit says what it would take, what there is and what to change', async () => {
  vi.stubEnv('HPL_MEMORY_GIB', '0.2');
  const found = await foresee(conversionOf('fp32'));
  expect(found.get('whole')?.memory?.excess).toBeUndefined();
  expect(found.get('maps')?.memory?.excess).toMatch(
    /^The stage "maps" would need about [\d.]+ MiB of memory, and there are 205 MiB for it \(HPL_MEMORY_GIB\)\. Most of it: .+ [\d.]+ MiB, .+ [\d.]+ MiB, .+ [\d.]+ MiB\. Lower the batch \(8\) or the context \(256 tokens\)\. Nothing was computed\. HPL_MEMORY_GIB sets another limit, where the estimate is wrong\.$/,
  );
});

test('weights in bf16 are missed by the stages that compute with them, where the backend has none', async () => {
  const problem = {
    stage: 'teacher',
    pointer: '/precision',
    message:
      'The weights of "teacher" are to be bf16, which the backend "wasm" does not have. ' +
      'Use backend = tensorflow ("npx hpl setup" prepares it), or precision = fp32.',
  };
  const missed = async (backend: BackendInfo): Promise<unknown> =>
    Object.fromEntries(
      [...(await foresee(conversionOf('bf16'), { backend }))].map(([name, { problems }]) => [name, problems]),
    );
  const none = { teacher: undefined, speeches: undefined, hybrid: undefined, whole: [] };
  expect(await missed(wasm)).toEqual({ ...none, maps: [problem], recover: [problem] });
  const native: BackendInfo = {
    name: 'tensorflow',
    version: '1',
    device: 'cpu',
    threads: 2,
    bf16: 'emulated',
  };
  expect(await missed(native)).toEqual({ ...none, maps: [], recover: [] });
});

test('on a graphics card no memory is foreseen', async () => {
  const card: BackendInfo = { name: 'tensorflow', version: '1', device: 'a card', bf16: 'native' };
  const found = await foresee(conversionOf('fp32'), { backend: card });
  expect([...found.values()].map(({ memory }) => memory)).toEqual(Array(6).fill(undefined));
});

test('of a model that is not there yet the precision is known, and no memory', async () => {
  const [, ...others] = conversionOf('bf16');
  const found = await foresee([
    ['teacher', 'model', { repository: 'maker/tiny', precision: 'bf16' }],
    ...others,
  ]);
  expect(found.get('maps')).toMatchObject({ problems: [{ stage: 'teacher' }] });
  expect(found.get('maps')).not.toHaveProperty('memory');
});

test('measuring takes at least what its options say of the length of items', async () => {
  const tasks = {
    rows: { plugin: 'perplexity', options: { data: { stage: 'speeches' } } },
    near: { plugin: 'recall', options: { distance: 32 } },
    far: { plugin: 'recall', options: { distance: 2048 } },
    key: { plugin: 'passkey', options: { lengths: [128, 256] } },
    own: { plugin: 'multiple_choice', options: {} },
  };
  const memory = async (...names: readonly (keyof typeof tasks)[]): Promise<Forecast['memory']> => {
    const options = { model: { stage: 'maps' }, tasks: names.map((name) => tasks[name]), batch_size: 8 };
    const found = await foresee([...conversionOf('fp32'), ['score', 'evaluate', options]]);
    return found.get('score')?.memory;
  };
  const whole = await memory('rows');
  expect(whole).not.toHaveProperty('atLeast');
  expect(await memory('key')).toEqual(whole);
  expect(await memory('rows', 'near')).toEqual({ ...whole, atLeast: true });
  expect((await memory('rows', 'far'))?.bytes).toBeGreaterThan(whole?.bytes ?? Infinity);
  expect((await memory('own'))?.bytes).toBeLessThan(whole?.bytes ?? 0);
});

test('training from random weights is foreseen from its own options and the tokenizer', async () => {
  const shape = { layers: 2, hidden: 128, heads: 4, key_value_heads: 2, head_size: 32, intermediate: 320 };
  const options = { data: { stage: 'speeches' }, rope_theta: 10_000, batch: 8, ...shape };
  const pretrain = async (tokenizer: string): Promise<Forecast | undefined> => {
    const stages: readonly Named[] = [
      ['speeches', 'data', { context: 256 }],
      ['fresh', 'pretrain', { ...options, tokenizer_file: tokenizer }],
    ];
    return (await foresee(stages)).get('fresh');
  };
  const found = await pretrain(join(shipped, 'tokenizer.json'));
  const { vocabularySize } = await readModelConfig(join(shipped, 'config.json'));
  expect((found?.artifact as ForeseenModel).config).toMatchObject({ vocabularySize, contextLength: 256 });
  expect(found?.memory?.bytes).toBeGreaterThan(150 * 2 ** 20);
  expect(await pretrain('nowhere.json')).toEqual({});
});
