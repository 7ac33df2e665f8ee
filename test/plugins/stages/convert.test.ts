import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/base/json.js';
import { readTensors } from '../../../src/model/weights/tensor-files.js';
import { convert } from '../../../src/plugins/stages/convert/plugin.js';
import { validateOptions } from '../../../src/runtime/options-schema.js';
import { useBackend } from '../../model/tensors.js';
import { tinyConfig, tinyWorkplace, type Workplace } from '../evaluation/tiny-workplace.js';
import { runStage, tensorsAlive, trainingContext, warnings } from './training-workplace.js';

let workplace: Workplace;
beforeAll(async () => {
  await useBackend('cpu');
  workplace = await tinyWorkplace({ window: 8, linear_scope: 'all' });
});
afterAll(() => workplace.remove());

const hedgehog = { plugin: 'hedgehog', options: { activation: 'softmax', noise: 0.1, size: 4 } };

async function converted(name: string, options: JsonObject): Promise<readonly string[]> {
  return warnings(await runStage(convert, options, trainingContext(workplace, name)));
}

const description = async (name: string): Promise<unknown> =>
  JSON.parse(await readFile(join(workplace.folder, name, 'model.json'), 'utf8')) as unknown;

async function tensors(name: string): Promise<Record<string, readonly number[]>> {
  const found: ReadonlyMap<string, tf.Tensor> = await readTensors(
    join(workplace.folder, name, 'trained.safetensors'),
  );
  return Object.fromEntries([...found].map(([key, tensor]) => [key, [...tensor.dataSync()]]));
}

test('a converted model is a delta: the base artifact, the conversion, its initial tensors', async () => {
  const before = tensorsAlive();
  const mix = { plugin: 'joint', options: { gamma: 0.2 } };
  await converted('joint', {
    model: { stage: 'teacher' },
    window: 8,
    feature_map: hedgehog,
    mix,
    linear_scope: 'outside_window',
  });
  expect(tensorsAlive()).toBe(before);
  expect(await description('joint')).toEqual({
    schema: 'hpl.model/1',
    base: { artifact: 'teacher' },
    conversion: { window: 8, linear_scope: 'outside_window', feature_map: hedgehog, mix },
    trained: 'trained.safetensors',
  });
  const found = await tensors('joint');
  const names = Array.from({ length: tinyConfig.layers }, (_, layer) =>
    ['feature_map.query.weight', 'feature_map.key.weight', 'mix.gamma'].map(
      (name) => `layers.${layer}.${name}`,
    ),
  ).flat();
  expect(Object.keys(found).sort()).toEqual([...names].sort());
  expect(found['layers.0.feature_map.query.weight']).toHaveLength(tinyConfig.heads * tinyConfig.headSize * 4);
  expect(found['layers.1.mix.gamma']![0]).toBeCloseTo(Math.log(0.25), 5);
});

test('converting again keeps the feature map with what it has learned, and takes another mix, window and scope', async () => {
  await converted('alone', {
    model: { stage: 'teacher' },
    feature_map: hedgehog,
    mix: { plugin: 'fixed', options: { window: 0 } },
    linear_scope: 'all',
  });
  const given = await converted('with-window', {
    model: { stage: 'alone' },
    window: 3,
    mix: { plugin: 'fixed', options: { window: 0.5 } },
    linear_scope: 'outside_window',
  });
  expect(given).toEqual([]);
  expect(await tensors('with-window')).toEqual(await tensors('alone'));
  expect(await description('with-window')).toMatchObject({
    conversion: { window: 3, linear_scope: 'outside_window', feature_map: hedgehog },
  });
});

test('another feature map starts anew and says so', async () => {
  const other = { plugin: 'hedgehog', options: { activation: 'exp', noise: 0.1, size: 4 } };
  const given = await converted('other', {
    model: { stage: 'joint' },
    feature_map: other,
    linear_scope: 'all',
  });
  expect(given).toEqual([
    'What "feature_map" had learned is given up, because its plugin or options are others than before.',
    'What "mix" had learned is given up, because its plugin or options are others than before.',
  ]);
  expect(Object.keys(await tensors('other')).some((name) => name.includes('mix'))).toBe(false);
});

test('the base weights are not read, only the configuration', async () => {
  const weights = join(workplace.folder, 'teacher/base/model.safetensors');
  await rename(weights, `${weights}.away`);
  try {
    await converted('unread', { model: { stage: 'teacher' }, feature_map: hedgehog, linear_scope: 'all' });
  } finally {
    await rename(`${weights}.away`, weights);
  }
  expect(await description('unread')).toMatchObject({ base: { artifact: 'teacher' } });
});

test('the linear scope has to be stated', () => {
  const { problems } = validateOptions(convert.options, { model: { stage: 'teacher' } });
  expect(problems.map(({ keyword, key }) => `${keyword} ${String(key)}`)).toEqual(['required linear_scope']);
});
