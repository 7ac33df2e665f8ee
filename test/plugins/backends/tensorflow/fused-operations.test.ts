import * as tf from '@tensorflow/tfjs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fusedOne, hasFusedOperations } from '../../../../src/model/native/fused.js';
import { ownTarget } from '../../../../src/plugins/backends/tensorflow/fused-library.js';
import { tensorflow } from '../../../../src/plugins/backends/tensorflow.js';
import { noComponents } from '../../../model/use-tensorflow.js';

const root = join(import.meta.dirname, '../../../..');

test('the compiled operations are loaded on the processor and compute', async ({ skip }) => {
  const backend = await tensorflow.create({ device: 'cpu' }, noComponents);
  const status = await backend.probe();
  if (!status.ready) return skip(`${status.reason} ${status.remedy}`);
  if (status.advice !== undefined) return skip(status.advice);
  expect(await backend.start()).toEqual(status.info);
  expect(status.info.device).toMatch(/, fused operations$/);
  expect(hasFusedOperations()).toBe(true);
  const settings = { types: { T: 1 }, numbers: { epsilon: 0.5 } };
  const y = fusedOne('RmsNorm', settings, [
    tf.tensor2d([
      [1, 2, -2],
      [0, 0, 0],
    ]),
    tf.tensor1d([1, 10, 100]),
  ]);
  // The mean square of the first row is 3.
  const scale = 1 / Math.sqrt(3.5);
  [scale, 20 * scale, -200 * scale, 0, 0, 0].forEach((value, index) => {
    expect(y.dataSync()[index]).toBeCloseTo(value, 4);
  });
});

test('model code knows exactly the operations that are written', async () => {
  const { sources } = ownTarget();
  const files = (await readdir(sources)).filter((file) => file.endsWith('.cc'));
  const texts = await Promise.all(files.map((file) => readFile(join(sources, file), 'utf8')));
  const written = texts.flatMap((text) => [...text.matchAll(/"Hpl(\w+)"/g)].map(([, name]) => name));
  const text = await readFile(join(root, 'src/model/native/fused.ts'), 'utf8');
  const [union = ''] = /export type FusedOperation =[^;]*;/.exec(text) ?? [];
  const known = [...union.matchAll(/'(\w+)'/g)].map(([, name]) => name);
  expect(known.length).toBeGreaterThan(0);
  expect(written.sort()).toEqual(known.sort());
});
