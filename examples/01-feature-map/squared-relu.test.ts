import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import type { ComponentContext, FeatureMap } from 'hpl';
import { afterAll, expect, test } from 'vitest';
import squaredRelu from './squared-relu.js';

const store = mkdtempSync(join(tmpdir(), 'hpl-example-'));
afterAll(() => {
  rmSync(store, { recursive: true, force: true });
});

async function featureMap(floor: number): Promise<FeatureMap> {
  return squaredRelu.create({ floor }, {} as ComponentContext);
}

const x = tf.tensor4d([0.5, -1, 2], [1, 1, 1, 3]);
const scales = { 'query.scale': tf.tensor3d([1, 2, 1], [1, 1, 3]), 'key.scale': tf.ones([1, 1, 3]) };

test('features are the squares of both signs, plus the floor', async () => {
  const map = await featureMap(0.125);
  expect([...(await map.queries(x, scales).data())]).toEqual([0.375, 0.125, 4.125, 0.125, 4.125, 0.125]);
  expect([...(await map.keys(x, scales).data())]).toEqual([0.375, 0.125, 4.125, 0.125, 1.125, 0.125]);
});

test('gradients reach the learned scale', async () => {
  const map = await featureMap(1e-6);
  const sumOf = (scale: tf.Tensor): tf.Scalar => tf.sum(map.queries(x, { ...scales, 'query.scale': scale }));
  // d/ds sum relu(s x)^2 + relu(-s x)^2 = 2 s x^2
  expect([...(await tf.grad(sumOf)(scales['query.scale']).data())]).toEqual([0.5, 4, 8]);
});

test('the pipeline that names it runs, and transfer lowers its loss', () => {
  const arguments_ = [
    'run',
    'examples/01-feature-map/squared-relu.hpl',
    '--backend',
    'wasm',
    '--store',
    store,
  ];
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['bin/hpl.js', ...arguments_, '--progress', 'json'],
    { encoding: 'utf8' },
  );
  expect(stderr).toBe('');
  expect(status).toBe(0);
  const losses = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { type: string; stage?: string; name?: string; value?: number })
    .filter(({ type, name }) => type === 'stage.metric' && name === 'validation.loss')
    .map(({ value }) => value ?? Number.NaN);
  expect(losses.length).toBeGreaterThanOrEqual(2);
  expect(losses.at(-1)).toBeLessThan(losses[0] ?? 0);
}, 120_000);

test('a mistake in its options is reported like any other', () => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['bin/hpl.js', 'check', 'examples/01-feature-map/mistaken.hpl'],
    { encoding: 'utf8' },
  );
  expect(status).toBe(2);
  expect(`${stdout}${stderr}`).toBe(
    [
      'examples/01-feature-map/mistaken.hpl:22:35 error unknown-setting',
      '  22 |     feature_map  = squared_relu { flor = 1e-4 }',
      '     |                                   ~~~~',
      'There is no setting "flor" in the feature map "squared_relu". Known settings: floor.',
      'help: replace `flor` by `floor`',
      '',
      '1 error',
      '',
    ].join('\n'),
  );
});
