import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { rootSeed } from '../../../src/base/seed.js';
import { jointMix } from '../../../src/model/attention/joint-mix.js';
import { hedgehog } from '../../../src/model/feature-maps/hedgehog.js';
import { lossAndGradients } from '../../../src/model/gradients.js';
import { initialTensors } from '../../../src/model/hybrid/layer-tensors.js';
import { initialWeights } from '../../../src/model/initial-weights.js';
import { hybridOutput } from '../../../src/model/losses/transfer-objectives.js';
import { readTensors } from '../../../src/model/weights/tensor-files.js';
import { standardPlugins } from '../../../src/plugins/index.js';
import { transfer } from '../../../src/plugins/stages/transfer/plugin.js';
import { layersLoss, TransferSteps } from '../../../src/plugins/stages/transfer/transfer-step.js';
import { expectClose, normals, useBackend } from '../../model/tensors.js';
import { TestCheckpoints, tinyConfig, tinyWorkplace, type Workplace } from '../evaluation/tiny-workplace.js';
import {
  lastMetric,
  made,
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
  workplace = await tinyWorkplace({ window: 8, linear_scope: 'outside_window', mix: 'joint' });
});
afterAll(() => workplace.remove());

const options = {
  model: { stage: 'hybrid' },
  data: { stage: 'data' },
  batch: 2,
  evaluate_every: 4,
  stop: steps(12),
};

test.each(['attention_weights', 'attention_output', 'hybrid_output'])(
  '%s falls on held-out rows, and leaves no tensor behind',
  async (plugin) => {
    const before = tensorsAlive();
    const objective = { plugin, options: {} };
    const events = await runStage(
      transfer,
      { ...options, objective },
      trainingContext(workplace, `of-${plugin}`),
    );
    const losses = metricValues(events, 'validation.loss');
    expect(losses).toHaveLength(3);
    expect(losses.at(-1)).toBeLessThan(losses[0]!);
    for (const branch of ['both', 'window', 'linear'])
      expect(lastMetric(events, `${branch}.loss`)).toBeGreaterThan(0);
    // Masks stay, for the next step that needs them.
    expect(tensorsAlive() - before).toBeLessThanOrEqual(24);
    const again = tensorsAlive();
    await runStage(transfer, { ...options, objective }, trainingContext(workplace, `again-${plugin}`));
    expect(tensorsAlive()).toBe(again);
    expect(events.at(-1)).toMatchObject({ type: 'output', summary: { steps: 12 } });
  },
);

test('only the hybrid output trains the mix, and it warns', async () => {
  const gamma = async (name: string): Promise<readonly number[]> => {
    const tensors = await readTensors(join(workplace.folder, name, 'trained.safetensors'));
    return [...tensors.get('layers.0.mix.gamma')!.dataSync()];
  };
  const context = trainingContext(workplace, 'warned');
  const objective = { plugin: 'hybrid_output', options: {} };
  const events = await runStage(transfer, { ...options, stop: steps(1), objective }, context);
  expect(warnings(events).join(' ')).toContain('window can absorb the error');
  expect(await gamma('of-attention_weights')).toEqual(await gamma('hybrid'));
  expect(await gamma('warned')).not.toEqual(await gamma('hybrid'));
});

test('a stage that was interrupted at every step ends with the same bits', async () => {
  const bits = (name: string): Promise<Buffer> =>
    readFile(join(workplace.folder, name, 'trained.safetensors'));
  await runStage(transfer, options, trainingContext(workplace, 'whole'));
  const checkpoints = new TestCheckpoints(join(workplace.folder, 'checkpoints'));
  const aborted = AbortSignal.abort();
  for (let round = 0; round < 5; round += 1) {
    const events = await runStage(
      transfer,
      options,
      trainingContext(workplace, 'cut', { signal: aborted, checkpoints }),
    );
    expect(events.at(-1)).toEqual({ type: 'checkpoint', step: round + 1 });
  }
  await runStage(transfer, options, trainingContext(workplace, 'cut', { checkpoints }));
  expect(await bits('cut')).toEqual(await bits('whole'));
});

test('a loss that is no number names step, layer and remedy', async () => {
  const context = trainingContext(workplace, 'diverging');
  const optimizer = { plugin: 'adamw', options: { learning_rate: 1e38, clip_norm: 0 } };
  await expect(runStage(transfer, { ...options, optimizer }, context)).rejects.toThrow(
    /The loss is NaN at step \d+: training diverged\. Lower .* The first layer to fail was \d, at step \d+\./s,
  );
});

test('a model that is not converted is refused with what to do', async () => {
  const context = trainingContext(workplace, 'unconverted');
  await expect(runStage(transfer, { ...options, model: { stage: 'teacher' } }, context)).rejects.toThrow(
    'The model of "unconverted" is not converted. Put a convert stage before it, and name that as its model.',
  );
});

test('layer by layer gives the loss and the gradients of the whole', () => {
  tf.tidy(() => {
    const parameters = initialWeights(tinyConfig, 0.3, rootSeed(1));
    const mix = jointMix({ gamma: 0.1 });
    const featureMap = hedgehog({ activation: 'softmax', noise: 0.1 });
    const conversion = { window: 4, linearScope: 'outside_window' as const, featureMap, mix };
    const trained = initialTensors(conversion, tinyConfig, rootSeed(2));
    const matter = {
      llama: { config: tinyConfig, parameters },
      conversion,
      trained,
      objective: hybridOutput,
    };
    const tokens = tf.cast(tf.abs(tf.mul(normals<tf.Rank.R2>('tokens', [2, 20]), 9)), 'int32') as tf.Tensor2D;
    const step = new TransferSteps(matter).of(trained, tokens);
    const whole = lossAndGradients(trained, (inputs) => layersLoss({ ...matter, trained: inputs }, tokens));
    expectClose(step.loss, whole.loss, 1e-5);
    expectClose(tf.mean(step.layerLosses), whole.loss, 1e-5);
    expect([...step.gradients.keys()].sort()).toEqual([...trained.keys()].sort());
    for (const [name, gradient] of step.gradients) expectClose(gradient, whole.gradients.get(name)!, 1e-4);
  });
});

test('every objective, mix and map of the standard set can be made', async () => {
  for (const plugin of standardPlugins) {
    if (
      plugin.type !== 'component' ||
      !['objective', 'mix', 'feature-map', 'adapter', 'dropout'].includes(plugin.kind)
    )
      continue;
    expect(await made(plugin.kind, { plugin: plugin.name, options: {} })).toBeTypeOf('object');
  }
});
