import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fused, fusedOne, type FusedOperation } from '../../../src/model/native/fused.js';
import type { Settings } from '../../../src/model/native/operations.js';
import { useFused } from './use-fused.js';

beforeEach(useFused);
beforeEach(() => {
  tf.engine().startScope();
});
afterEach(() => {
  tf.engine().endScope();
});

const float32 = { T: 1 };
const both = { T: 1, U: 1 };

/** Inputs that a kernel would read beyond, and why it does not. */
const misfits: readonly (readonly [
  name: FusedOperation,
  shapes: readonly number[][],
  why: string,
  settings?: Settings,
])[] = [
  ['RmsNorm', [[2, 3], [4]], 'a weight for each column', { types: float32, numbers: { epsilon: 1 } }],
  ['Residual', [[2, 3], [3]], 'the shape of what it is added to', { types: float32 }],
  [
    'GatedUnit',
    [
      [2, 3],
      [2, 4],
    ],
    'gate and up have one shape',
    { types: float32 },
  ],
  ['LowerTriangle', [[2, 3, 4]], 'cut out of squares', { types: float32 }],
  [
    'Mix',
    [
      [1, 2, 3, 4],
      [1, 2, 3, 4],
      [2, 3, 1],
    ],
    '[batch, heads, time, 1]',
  ],
  [
    'Mix',
    [
      [1, 2, 3, 4],
      [1, 2, 3, 4],
      [1, 4, 1, 1],
    ],
    'fits batch, heads and time',
  ],
  [
    'LinearSums',
    [
      [2, 3, 4],
      [2, 3, 5],
    ],
    'as many features',
    { integers: { delay: 0 } },
  ],
  [
    'CausalSoftmax',
    [[2, 3, 4]],
    'a score for its own key',
    { types: float32, integers: { start: 2, window: 0 } },
  ],
  [
    'WindowSoftmax',
    [[2, 3, 4]],
    'stand in the blocks',
    { types: float32, integers: { time: 3, window: 2, block: 3 } },
  ],
  [
    'ToBlocks',
    [[1, 3, 2]],
    'blocks and their sequence have rows',
    { types: both, integers: { time: 3, block: 0, before: 0, delay: 0 }, numbers: { scale: 1 } },
  ],
  [
    'FromBlocks',
    [[2, 3, 2]],
    'as many and as high',
    {
      types: both,
      integers: { time: 9, block: 3, before: 1, delay: 0, N: 1, M: 0 },
      numbers: { scale: 1, epsilon: 0 },
    },
  ],
  [
    'SplitHeads',
    [
      [4, 6],
      [4, 3],
      [4, 3],
    ],
    'even size',
    { types: both, integers: { time: 4, heads: 2, repeats: 1, N: 2 } },
  ],
  [
    'JoinHeads',
    [[1, 3, 4, 2]],
    'whole sequences',
    { types: both, integers: { time: 5, heads: 3, repeats: 1, N: 0 } },
  ],
];

test('sizes that do not fit one another end an operation with the rule, before anything is read', () => {
  for (const [name, shapes, why, settings = {}] of misfits) {
    const inputs = shapes.map((shape) => tf.ones(shape));
    expect(
      () => fused(name, settings, inputs, name === 'LinearSums' || name === 'WindowSoftmax' ? 2 : 1),
      name,
    ).toThrow(why);
  }
});

test('operations on no rows give none', () => {
  const none = tf.zeros([0, 4]);
  const settings = { types: float32, numbers: { epsilon: 1 } };
  expect(fusedOne('RmsNorm', settings, [none, tf.ones([4])]).shape).toEqual([0, 4]);
  expect(fusedOne('Residual', { types: float32 }, [none, none]).shape).toEqual([0, 4]);
  const noGroups = tf.zeros([0, 3, 2]);
  const sums = fused('LinearSums', { integers: { delay: 0 } }, [noGroups, noGroups], 2);
  expect(sums.map(({ shape }) => shape)).toEqual([
    [0, 3, 2],
    [0, 3, 1],
  ]);
});
