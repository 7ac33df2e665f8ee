import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeEach, test } from 'vitest';
import { runningSum, runningSumNaive } from '../../../src/model/attention/running-sum.js';
import { expectClose, normals, useBackend } from '../tensors.js';

beforeEach(() => {
  tf.engine().startScope();
});
afterEach(() => {
  tf.engine().endScope();
});

for (const backend of ['cpu', 'wasm'] as const) {
  // One row, a block, one row more, two levels of blocks (64 times 64) and more.
  test.each([1, 2, 64, 65, 200, 4100])(
    `${backend}: equals adding up row after row: %i rows`,
    async (rows) => {
      await useBackend(backend);
      const x = normals<tf.Rank.R3>('x', [2, rows, 3]);
      for (const from of ['start', 'end'] as const)
        for (const own of [true, false])
          expectClose(runningSum(x, { from, own }), runningSumNaive(x, { from, own }), 1e-5);
    },
  );
}
