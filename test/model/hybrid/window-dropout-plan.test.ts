import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { rootSeed } from '../../../src/base/seed.js';
import {
  scheduled,
  windowDropout,
  type DropoutGranularity,
} from '../../../src/model/hybrid/window-dropout-plan.js';
import { useBackend } from '../tensors.js';

beforeEach(async () => {
  await useBackend('cpu');
  tf.engine().startScope();
});
afterEach(() => {
  tf.engine().endScope();
});

test('each value of a schedule holds for an equal part', () => {
  const schedule = [0.9, 0.75, 0.5];
  const values = [0, 0.32, 0.34, 0.66, 0.67, 0.999].map((progress) => scheduled(schedule, progress));
  expect(values).toEqual([0.9, 0.9, 0.75, 0.75, 0.5, 0.5]);
});

function draw(granularity: DropoutGranularity, schedule: readonly number[], batch = 3): tf.Tensor4D[] {
  const plan = windowDropout({ schedule, granularity, dropped: 'linear_alone' });
  const random = rootSeed(1).child('draw').stream();
  const { keep } = plan.draw({ progress: 0, random, batch, heads: 2, layers: 4 });
  return [0, 1, 2, 3].map((layer) => (typeof keep === 'function' ? keep(layer) : keep));
}

test.each([
  { granularity: 'batch', shape: [1, 1, 1, 1], perLayer: false },
  { granularity: 'sample', shape: [3, 1, 1, 1], perLayer: false },
  { granularity: 'layer', shape: [3, 1, 1, 1], perLayer: true },
  { granularity: 'head', shape: [3, 2, 1, 1], perLayer: true },
] as const)('by $granularity: masks of $shape', ({ granularity, shape, perLayer }) => {
  const masks = draw(granularity, [0.5]);
  for (const mask of masks) expect(mask.shape).toEqual(shape);
  expect(masks[0] !== masks[1]).toBe(perLayer);
});

test('windows are dropped as often as the schedule says', () => {
  for (const probability of [0, 0.25, 0.9, 1]) {
    const kept = tf.mean(draw('sample', [probability], 4000)[0]!).dataSync()[0]!;
    expect(Math.abs(1 - kept - probability)).toBeLessThan(0.03);
  }
});
