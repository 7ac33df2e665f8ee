import * as tf from '@tensorflow/tfjs';
import { as } from './case-input.js';
import { longSummation, rounding, summation, type OperationCase } from './operation-case.js';

/** Matrix products in every form that attention and projections use; 17 and 33 are no multiples of a vector's width. */
export const productCases: readonly OperationCase[] = [
  {
    name: 'matMul',
    operations: ['matMul'],
    inputs: [
      [17, 33],
      [33, 9],
    ],
    tolerance: summation,
    compute: (a, b) => tf.matMul(as(a), as(b)),
  },
  {
    name: 'matMul, transposed',
    operations: ['matMul'],
    inputs: [
      [33, 17],
      [9, 33],
    ],
    tolerance: summation,
    compute: (a, b) => tf.matMul(as(a), as(b), true, true),
  },
  {
    name: 'matMul, batch and heads',
    operations: ['matMul'],
    inputs: [
      [2, 3, 17, 8],
      [2, 3, 17, 8],
    ],
    tolerance: summation,
    compute: (a, b) => tf.matMul(as(a), as(b), false, true),
  },
  {
    name: 'matMul, whole tiles',
    operations: ['matMul'],
    inputs: [
      [2, 128, 64],
      [2, 64, 160],
    ],
    tolerance: summation,
    compute: (a, b) => tf.matMul(as(a), as(b)),
  },
  {
    name: 'matMul, one row and a vocabulary',
    operations: ['matMul'],
    inputs: [
      [1, 96],
      [1030, 96],
    ],
    tolerance: longSummation,
    compute: (a, b) => tf.matMul(as(a), as(b), false, true),
  },
  {
    name: 'matMul, long sums',
    operations: ['matMul'],
    inputs: [
      [12, 2100],
      [2100, 16],
    ],
    tolerance: longSummation,
    compute: (a, b) => tf.matMul(as(a), as(b)),
  },
  {
    name: 'matMul, one matrix for all groups',
    operations: ['matMul'],
    inputs: [
      [17, 17],
      [6, 17, 9],
    ],
    tolerance: summation,
    // tfjs does not sum the slope of an operand that was broadcast.
    slopes: false,
    compute: (a, b) => tf.matMul(as(a), as(b), true),
  },
  {
    name: 'matMul, one element',
    operations: ['matMul'],
    inputs: [
      [1, 1],
      [1, 1],
    ],
    tolerance: rounding,
    compute: (a, b) => tf.matMul(as(a), as(b)),
  },
];
