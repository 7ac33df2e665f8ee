import * as tf from '@tensorflow/tfjs';
import { createRequire } from 'node:module';
import util from 'node:util';
import { expect, test, type TestContext } from 'vitest';
import { softmaxAttention } from '../../../../src/model/attention/softmax.js';
import { tensorflow } from '../../../../src/plugins/backends/tensorflow.js';
import { normals } from '../../../model/tensors.js';
import { noComponents } from '../../../model/use-tensorflow.js';

async function start({ skip }: TestContext): Promise<void> {
  const backend = await tensorflow.create({ device: 'cpu' }, noComponents);
  const status = await backend.probe();
  if (!status.ready) skip(`${status.reason} ${status.remedy}`);
  expect(await backend.start()).toEqual(status.ready ? status.info : undefined);
}

test('TensorFlow computes for the one tfjs of this process, however it was imported', async (context) => {
  await start(context);
  const required = createRequire(import.meta.url)('@tensorflow/tfjs') as typeof tf;
  expect(tf.getBackend()).toBe('tensorflow');
  expect(required.getBackend()).toBe('tensorflow');
  const sum = required.add(tf.tensor1d([1, 2]), tf.tensor1d([3, 4]));
  expect([...sum.dataSync()]).toEqual([4, 6]);
});

test('starting twice changes nothing', async (context) => {
  await start(context);
  const before = tf.backend();
  await start(context);
  expect(tf.backend()).toBe(before);
});

test('what the package misses in newer Nodes is given to it alone', async (context) => {
  await start(context);
  const hidden = util as { isNullOrUndefined?: unknown };
  const original = hidden.isNullOrUndefined;
  delete hidden.isNullOrUndefined;
  try {
    // An attribute that is built from tensors is where the package asks for it.
    expect([...tf.concat([tf.tensor1d([1]), tf.tensor1d([2])]).dataSync()]).toEqual([1, 2]);
    expect(hidden.isNullOrUndefined).toBeUndefined();
  } finally {
    hidden.isNullOrUndefined = original;
  }
});

test('the same work gives the same bits, which resuming relies on', async (context) => {
  await start(context);
  const bytes = (): string =>
    tf.tidy(() => {
      const table = normals<tf.Rank.R2>('table', [300, 96]);
      const weight = normals<tf.Rank.R2>('weight', [96, 288]);
      const tokens = tf.tensor1d(
        Array.from({ length: 512 }, (_, index) => (index * 7919) % 300),
        'int32',
      );
      const slopes = tf.grads((rows, projection) => {
        const qkv = tf.matMul(tf.gather(rows, tokens), projection);
        const [q, k, v] = tf.split(qkv.reshape([4, 128, 3, 4, 24]).transpose([2, 0, 3, 1, 4]), 3, 0);
        const heads = [q, k, v].map((part) => part!.reshape<tf.Tensor4D>([4, 4, 128, 24]));
        return softmaxAttention({ q: heads[0]!, k: heads[1]!, v: heads[2]! }).square().mean();
      })([table, weight]);
      return slopes.map((slope) => Buffer.from(slope.dataSync().buffer).toString('base64')).join('');
    });
  const first = bytes();
  for (let repeat = 0; repeat < 10; repeat += 1) expect(bytes() === first).toBe(true);
});
