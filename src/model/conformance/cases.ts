import * as tf from '@tensorflow/tfjs';
import { as } from './case-input.js';
import { approximation, longSummation, rounding, summation, type OperationCase } from './operation-case.js';
import { partCases } from './part-cases.js';
import { productCases } from './product-cases.js';

const indices = [3, 0, 3, 1];
const ids = (): tf.Tensor1D => tf.tensor1d(indices, 'int32');

const equalShapes = [
  [5, 7],
  [5, 7],
];

const arithmetic: readonly OperationCase[] = [
  pair('add', tf.add),
  pair('sub', tf.sub),
  pair('mul', tf.mul),
  // Of equal shapes: tfjs does not sum the slope of an operand that was broadcast.
  { ...pair('maximum', tf.maximum), inputs: equalShapes },
  { ...pair('div', tf.div), numbers: 'positive', tolerance: approximation },
  single('neg', tf.neg),
  single('square', tf.square),
  { ...single('sqrt', tf.sqrt), numbers: 'positive', tolerance: approximation },
  { ...single('rsqrt', tf.rsqrt), numbers: 'positive', tolerance: approximation },
  { ...single('reciprocal', tf.reciprocal), numbers: 'positive', tolerance: approximation },
  { ...single('log', tf.log), numbers: 'positive', tolerance: approximation },
  { ...single('exp', tf.exp), tolerance: approximation },
  { ...single('sigmoid', tf.sigmoid), tolerance: approximation },
  { ...single('elu', tf.elu), tolerance: approximation },
  single('relu', tf.relu),
  single('abs', tf.abs),
  {
    name: 'addN',
    operations: ['addN'],
    inputs: [
      [5, 7],
      [5, 7],
      [5, 7],
    ],
    tolerance: rounding,
    compute: (...inputs) => tf.addN([...inputs]),
  },
  {
    name: 'addN, more than a card takes at once',
    operations: ['addN'],
    inputs: many([5, 7]),
    tolerance: summation,
    compute: (...inputs) => tf.addN([...inputs]),
  },
  {
    name: 'equal, as a mask',
    operations: ['equal', 'toFloat', 'cast'],
    inputs: [[5, 7]],
    tolerance: rounding,
    slopes: false,
    compute: (x) => tf.equal(x, tf.max(x)).toFloat(),
  },
  {
    name: 'where, constant mask',
    operations: ['where', 'greater'],
    inputs: [
      [5, 7],
      [5, 7],
    ],
    tolerance: rounding,
    compute: (a, b) => tf.where(tf.greater(tf.range(0, 7), 3).reshape([1, 7]).tile([5, 1]), a, b),
  },
];

const reductions: readonly OperationCase[] = [
  over('sum', (x) => tf.sum(x, -1, true)),
  over('sum of all', (x) => tf.sum(x), ['sum']),
  over('mean', (x) => tf.mean(x, -1, true)),
  over('max', (x) => tf.max(x, -1, true)),
  // Without slopes: tfjs gives a wrong gradient along any axis but the last, so model code brings its own.
  { ...over('cumsum', (x) => tf.cumsum(x, 2, true)), slopes: false },
  { ...over('cumsum, reversed', (x) => tf.cumsum(x, 2, true, true), ['cumsum']), slopes: false },
  { ...over('softmax', (x) => tf.softmax(x)), tolerance: approximation },
  { ...over('logSoftmax', (x) => tf.logSoftmax(x)), tolerance: approximation },
  { ...over('logSumExp', (x) => tf.logSumExp(x, -1, true)), tolerance: approximation },
  wide('sum, wide', (x) => tf.sum(x, -1, true), ['sum']),
  wide('max, wide', (x) => tf.max(x, -1, true), ['max']),
  wide('softmax, wide', (x) => tf.softmax(x), ['softmax']),
  wide('logSumExp, wide', (x) => tf.logSumExp(x, -1, true), ['logSumExp']),
  { ...over('argMax', (x) => tf.argMax(x, -1).toFloat()), slopes: false },
];

const shaping: readonly OperationCase[] = [
  over('reshape', (x) => tf.reshape(x, [6, 35])),
  over('flatten', (x) => x.flatten()),
  over('transpose', (x) => tf.transpose(x, [0, 2, 1, 3])),
  over('slice', (x) => tf.slice(x, [0, 1, 0, 2], [-1, 2, -1, 3])),
  over('pad', (x) =>
    tf.pad(x, [
      [0, 0],
      [0, 0],
      [2, 1],
      [0, 0],
    ]),
  ),
  over('split', (x) => tf.add(...halves(x))),
  over('tile', (x) => tf.tile(x, [1, 2, 1, 1])),
  over('expandDims', (x) => tf.expandDims(x, 2)),
  over('squeeze', (x) => tf.squeeze(tf.expandDims(x, 2), [2])),
  over('clone', (x) => tf.clone(x)),
  over('asScalar', (x) => tf.sum(x).asScalar(), ['sum', 'asScalar']),
  {
    name: 'concat',
    operations: ['concat'],
    inputs: [
      [2, 3, 5],
      [2, 3, 4],
    ],
    tolerance: rounding,
    compute: (a, b) => tf.concat([a, b], -1),
  },
  {
    name: 'concat, more than a card takes at once',
    operations: ['concat'],
    inputs: many([2, 3]),
    tolerance: rounding,
    compute: (...inputs) => tf.concat([...inputs], -1),
  },
  {
    name: 'stack, more than a card takes at once',
    operations: ['stack'],
    inputs: many([2, 3]),
    tolerance: rounding,
    compute: (...inputs) => tf.stack([...inputs]),
  },
  {
    name: 'stack',
    operations: ['stack'],
    inputs: [
      [3, 5],
      [3, 5],
    ],
    tolerance: rounding,
    compute: (a, b) => tf.stack([a, b], 1),
  },
];

const lookups: readonly OperationCase[] = [
  {
    name: 'gather, with its slope',
    operations: ['gather'],
    inputs: [[5, 7]],
    tolerance: rounding,
    compute: (table) => tf.gather(table, ids()),
  },
  {
    name: 'unsortedSegmentSum',
    operations: ['unsortedSegmentSum'],
    inputs: [[4, 7]],
    tolerance: rounding,
    slopes: false,
    compute: (rows) => tf.unsortedSegmentSum(rows, ids(), 5),
  },
  { ...over('toInt', (x) => x.toInt().toFloat()), slopes: false },
  {
    name: 'oneHot',
    operations: ['oneHot'],
    inputs: [[4, 5]],
    tolerance: rounding,
    compute: (x) => tf.mul(x, tf.oneHot(ids(), 5)),
  },
];

const constants: readonly OperationCase[] = [
  constant('ones', () => tf.ones([2, 3])),
  constant('zeros', () => tf.zeros([2, 3])),
  constant('fill', () => tf.fill([2, 3], -1e9)),
  constant('onesLike', (x) => tf.onesLike(x)),
  constant('zerosLike', (x) => tf.zerosLike(x)),
  constant('range', () => tf.range(0, 7, 1, 'float32')),
  constant('tensor', () => tf.tensor([1.5, -2, 3])),
  constant('tensor1d', () => tf.tensor1d([1.5, -2, 3])),
  constant('tensor2d', () => tf.tensor2d([[1.5], [-2]])),
  constant('tensor3d', () => tf.tensor3d([[[1.5], [-2]]])),
  constant('tensor4d', () => tf.tensor4d([[[[1.5], [-2]]]])),
  constant('scalar', () => tf.scalar(0.1)),
];

/** Every operation that `model/` uses, with and without its slope. */
export const conformanceCases: readonly OperationCase[] = [
  ...productCases,
  ...partCases,
  ...arithmetic,
  ...reductions,
  ...shaping,
  ...lookups,
  ...constants,
];

function pair(name: string, operation: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor): OperationCase {
  const inputs = [
    [2, 3, 5],
    [3, 1],
  ];
  return {
    name,
    operations: [name],
    inputs,
    tolerance: rounding,
    compute: (a, b) => operation(as(a), as(b)),
  };
}

function single(name: string, operation: (x: tf.Tensor) => tf.Tensor): OperationCase {
  return {
    name,
    operations: [name],
    inputs: [[5, 7]],
    tolerance: rounding,
    compute: (x) => operation(as(x)),
  };
}

function over(name: string, compute: (x: tf.Tensor) => tf.Tensor, operations = [name]): OperationCase {
  return { name, operations, inputs: [[2, 3, 5, 7]], tolerance: summation, compute: (x) => compute(as(x)) };
}

/** Rows longer than what a group of a card's threads takes in one go. */
function wide(name: string, compute: (x: tf.Tensor) => tf.Tensor, operations: string[]): OperationCase {
  return { name, operations, inputs: [[3, 2500]], tolerance: longSummation, compute: (x) => compute(as(x)) };
}

function constant(name: string, compute: (x: tf.Tensor) => tf.Tensor): OperationCase {
  return {
    name,
    operations: [name],
    inputs: [[2, 3]],
    tolerance: rounding,
    slopes: false,
    compute: (x) => compute(as(x)),
  };
}

function many(shape: readonly number[]): readonly (readonly number[])[] {
  return Array.from({ length: 23 }, () => shape);
}

function halves(x: tf.Tensor): [tf.Tensor, tf.Tensor] {
  const [left, right] = tf.split(x, [2, 1], 1) as [tf.Tensor, tf.Tensor];
  return [left, right];
}
