import * as tf from '@tensorflow/tfjs';
import { blend } from '../attention/blend.js';
import { linearAttention } from '../attention/linear.js';
import { softmaxAttention } from '../attention/softmax.js';
import { windowAttention } from '../attention/window.js';
import { activations } from '../feature-maps/activation.js';
import { hedgehog } from '../feature-maps/hedgehog.js';
import { gatedUnit } from '../gated-unit.js';
import { joinHeads, splitHeads } from '../heads.js';
import { compareWeights } from '../losses/attention-weights.js';
import { residual } from '../residual.js';
import { rmsNorm } from '../rms-norm.js';
import { as } from './case-input.js';
import { longSummation, summation, type OperationCase } from './operation-case.js';

const sequence = [1, 3, 70, 8];
const map = hedgehog({ activation: 'softmax', noise: 0 });

/** Parts of the model that a backend may compute in operations of its own: `native/` on TensorFlow. */
export const partCases: readonly OperationCase[] = [
  part('normalisation', [[5, 33], [33]], (x, weight) => rmsNorm(as(x), as(weight), 1e-5)),
  part(
    'gate',
    [
      [5, 33],
      [5, 33],
    ],
    (gate, up) => gatedUnit(two(gate), two(up)),
  ),
  part(
    'residual',
    [
      [5, 33],
      [5, 33],
    ],
    (x, y) => residual(as(x), as(y)),
  ),
  part('heads, turned and repeated, and back', [[14, 16]], (rows) => {
    const layout = { batch: 2, time: 7, heads: 2, repeats: 3, positions: { theta: 100 } };
    return joinHeads(splitHeads(two(rows), layout), 'float32');
  }),
  part(
    'softmax features',
    [
      [1, 3, 9, 8],
      [3, 8, 8],
    ],
    (x, weight) => map.queries(four(x), { 'query.weight': as(weight) }),
  ),
  part('softmax attention', [sequence, sequence, sequence], (q, k, v) =>
    softmaxAttention({ q: four(q), k: four(k), v: four(v) }),
  ),
  part('window attention', [sequence, sequence, sequence], (q, k, v) => {
    const { output, mass } = windowAttention(four(q), four(k), four(v), { window: 8, mass: true });
    return mass === undefined ? output : tf.concat([output, mass], 3);
  }),
  part('linear attention outside a window', [sequence, sequence, sequence], (q, k, v) => {
    const [queries, keys] = [q, k].map((x) => activations.softmax.apply(four(x))) as [
      tf.Tensor4D,
      tf.Tensor4D,
    ];
    const { output, mass } = linearAttention({ queries, keys, values: four(v), delay: 8 });
    return tf.concat([output, mass], 3);
  }),
  part('two branches mixed', [sequence, sequence, [1, 3, 70, 1]], (linear, window, weight) =>
    blend({ linear: four(linear), window: four(window) }, four(weight)),
  ),
  part('weights compared', [sequence, sequence], (x, y) => {
    const [queries, keys] = [x, y].map((u) => activations.softmax.apply(four(u))) as [
      tf.Tensor4D,
      tf.Tensor4D,
    ];
    const fixed = activations.softmax.apply(tf.onesLike(four(x)));
    return compareWeights({ q: fixed, k: fixed, v: fixed, queries, keys, positive: true }).loss;
  }),
];

function two(x: tf.Tensor | undefined): tf.Tensor2D {
  return as(x) as tf.Tensor2D;
}

function four(x: tf.Tensor | undefined): tf.Tensor4D {
  return as(x) as tf.Tensor4D;
}

function part(
  name: string,
  inputs: readonly (readonly number[])[],
  compute: OperationCase['compute'],
): OperationCase {
  const isLong = inputs.some((shape) => shape.includes(70));
  return { name, operations: [], inputs, tolerance: isLong ? longSummation : summation, compute };
}
