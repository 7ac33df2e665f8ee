import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/base/json.js';
import { readTensors } from '../../../src/model/weights/tensor-files.js';
import { finetune } from '../../../src/plugins/stages/finetune/plugin.js';
import { useBackend } from '../../model/tensors.js';
import { TestCheckpoints, completed, tinyWorkplace, type Workplace } from '../evaluation/tiny-workplace.js';
import {
  lastMetric,
  metricValues,
  runStage,
  steps,
  tensorsAlive,
  trainingContext,
  warnings,
} from './training-workplace.js';

let workplace: Workplace;
beforeAll(async () => {
  await useBackend('wasm');
  workplace = await tinyWorkplace({ window: 8, linear_scope: 'all' });
});
afterAll(() => workplace.remove());

const lora = { plugin: 'lora', options: { rank: 2, alpha: 4, targets: ['q', 'k', 'v', 'o'] } };
const dropout = {
  plugin: 'window_dropout',
  options: { schedule: { schedule: [0.9, 0.5] }, granularity: 'sample', dropped: 'linear_alone' },
};
const options = {
  model: { stage: 'hybrid' },
  data: { stage: 'data' },
  adapter: lora,
  optimizer: { plugin: 'adamw', options: { learning_rate: 1e-2 } },
  dropout,
  batch: 2,
  evaluate_every: 5,
  stop: steps(10),
};

const trained = async (name: string): Promise<Map<string, readonly number[]>> => {
  const tensors = await readTensors(join(workplace.folder, name, 'trained.safetensors'));
  return new Map([...tensors].map(([key, tensor]) => [key, [...tensor.dataSync()]]));
};

test('the training loss falls, adapters are added, maps stay as they are, no tensor is left', async () => {
  await runStage(finetune, options, trainingContext(workplace, 'first'));
  const before = tensorsAlive();
  const events = await runStage(
    finetune,
    { ...options, stop: steps(40) },
    trainingContext(workplace, 'longer'),
  );
  expect(tensorsAlive()).toBe(before);
  const losses = metricValues(events, 'train.loss');
  expect(losses.at(-1)).toBeLessThan(losses[0]!);
  expect(lastMetric(events, 'validation.loss')).toBe(lastMetric(events, 'both.loss'));
  const maps = await trained('hybrid');
  const after = await trained('longer');
  for (const [name, values] of maps) expect(after.get(name)).toEqual(values);
  const lowRank = [...after.keys()].filter((name) => name.endsWith('.lora_a'));
  expect(lowRank.sort()).toEqual(
    [0, 1].flatMap((layer) =>
      ['k', 'o', 'q', 'v'].map((name) => `layers.${layer}.self_attn.${name}_proj.lora_a`),
    ),
  );
  const description = JSON.parse(
    await readFile(join(workplace.folder, 'longer', 'model.json'), 'utf8'),
  ) as JsonObject;
  expect(description['adapter']).toEqual(lora);
});

test('maps are trained too where that is asked for', async () => {
  await runStage(
    finetune,
    { ...options, also_train: ['feature_map'] },
    trainingContext(workplace, 'maps-too'),
  );
  const name = 'layers.0.feature_map.query.weight';
  expect((await trained('maps-too')).get(name)).not.toEqual((await trained('hybrid')).get(name));
});

test('windows are drawn anew at each step, the same in a run that was interrupted', async () => {
  const whole = await runStage(finetune, options, trainingContext(workplace, 'whole'));
  const checkpoints = new TestCheckpoints(join(workplace.folder, 'checkpoints'));
  const signal = AbortSignal.abort();
  for (let round = 0; round < 7; round += 1) {
    await runStage(finetune, options, trainingContext(workplace, 'cut', { signal, checkpoints }));
  }
  await runStage(finetune, options, trainingContext(workplace, 'cut', { checkpoints }));
  expect(await trained('cut')).toEqual(await trained('whole'));
  const always = Object.fromEntries(Object.entries(options).filter(([key]) => key !== 'dropout'));
  const without = await runStage(finetune, always, trainingContext(workplace, 'without'));
  expect(metricValues(without, 'train.loss')).not.toEqual(metricValues(whole, 'train.loss'));
});

test('training goes on from an adapter with the same options, and refuses one with others', async () => {
  const again = { ...options, model: { stage: 'first' } };
  await runStage(finetune, again, trainingContext(workplace, 'second'));
  const other = { ...lora, options: { ...lora.options, alpha: 8 } };
  const refused = runStage(finetune, { ...again, adapter: other }, trainingContext(workplace, 'third'));
  await expect(refused).rejects.toThrow('The model of "third" has an adapter with other options already');
});

test('it ends when the window alone does as well as the whole', async () => {
  const stop = {
    op: 'or',
    left: steps(40),
    right: {
      op: 'for',
      evals: 2,
      operand: {
        op: '<=',
        left: { op: 'metric', name: 'window.loss' },
        right: { op: '+', left: { op: 'metric', name: 'both.loss' }, right: { op: 'number', value: 100 } },
      },
    },
  };
  const events = await runStage(finetune, { ...options, stop }, trainingContext(workplace, 'early'));
  expect(lastMetric(events, 'steps')).toBe(10);
});

test('a window that is dropped although nothing else sees the latest tokens gives a warning', async () => {
  const narrow = await tinyWorkplace({ window: 8, linear_scope: 'outside_window' });
  const events = await runStage(finetune, { ...options, stop: steps(1) }, trainingContext(narrow, 'narrow'));
  expect(warnings(events).join(' ')).toContain('Convert with linear_scope = all');
  await narrow.remove();
});

test('a probability above one is a mistake of the file', () => {
  const wrong = { plugin: 'window_dropout', options: { schedule: { schedule: [0.9, 5] } } };
  const problems = finetune.check(completed(finetune, { ...options, dropout: wrong }));
  expect(problems.map(({ pointer, message }) => `${pointer}: ${message}`)).toEqual([
    '/dropout/options/schedule: A probability lies between 0 and 1; 5 does not. The schedule says how often the window is dropped.',
  ]);
});
