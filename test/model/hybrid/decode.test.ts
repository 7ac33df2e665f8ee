import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { rootSeed } from '../../../src/base/seed.js';
import { fixedMix } from '../../../src/model/attention/fixed-mix.js';
import { jointMix } from '../../../src/model/attention/joint-mix.js';
import type { Mix } from '../../../src/model/attention/mix.js';
import { hedgehog } from '../../../src/model/feature-maps/hedgehog.js';
import type { Conversion, LinearScope } from '../../../src/model/hybrid/conversion.js';
import {
  decode,
  emptyState,
  type DecodeState,
  type LayerConversion,
} from '../../../src/model/hybrid/decode.js';
import { hybridAttention } from '../../../src/model/hybrid/hybrid-attention.js';
import { initialTensors, layerTensors } from '../../../src/model/hybrid/layer-tensors.js';
import { expectClose, normals, useBackend } from '../tensors.js';

beforeEach(async () => {
  await useBackend('wasm');
  tf.engine().startScope();
});
afterEach(() => {
  tf.engine().endScope();
});

const window = 5;
const mixes: Readonly<Record<string, Mix>> = {
  fixed: fixedMix({ window: 0.3 }),
  joint: jointMix({ gamma: 0.1 }),
};

function layerOf(
  linearScope: LinearScope,
  mix: Mix,
): LayerConversion & { readonly trained: Map<string, tf.Tensor> } {
  const conversion: Conversion = {
    window,
    linearScope,
    mix,
    featureMap: hedgehog({ activation: 'softmax', noise: 0.3, size: 6 }),
  };
  const trained = initialTensors(conversion, { heads: 2, headSize: 4, layers: 1 }, rootSeed(3));
  return {
    conversion,
    trained,
    featureMap: layerTensors(trained, 0, 'feature_map'),
    mix: layerTensors(trained, 0, 'mix'),
  };
}

const sequence = (time: number): { q: tf.Tensor4D; k: tf.Tensor4D; v: tf.Tensor4D } => ({
  q: normals<tf.Rank.R4>('q', [2, 2, time, 4]),
  k: normals<tf.Rank.R4>('k', [2, 2, time, 4]),
  v: normals<tf.Rank.R4>('v', [2, 2, time, 3]),
});

/** Decodes a sequence in pieces of the given lengths; the last length repeats. */
function decodeInPieces(time: number, lengths: readonly number[], layer: LayerConversion): tf.Tensor4D {
  const { q, k, v } = sequence(time);
  let state: DecodeState = emptyState({ q, k, v }, layer);
  const outputs: tf.Tensor4D[] = [];
  for (let start = 0, piece = 0; start < time; piece += 1) {
    const length = Math.min(lengths[Math.min(piece, lengths.length - 1)]!, time - start);
    const cut = (x: tf.Tensor4D): tf.Tensor4D => tf.slice(x, [0, 0, start, 0], [-1, -1, length, -1]);
    const next = decode(state, { q: cut(q), k: cut(k), v: cut(v) }, layer);
    tf.dispose([state.keys, state.values, state.sums]);
    state = next.state;
    outputs.push(next.output);
    start += length;
  }
  return tf.concat(outputs, 2);
}

const cases = (['all', 'outside_window'] as const).flatMap((scope) =>
  Object.keys(mixes).flatMap((mix) =>
    [1, window - 1, window, window + 1, 3 * window + 2].flatMap((time) =>
      [[1], [window], [7, 1], [3, 9, 2]].map((lengths) => ({ scope, mix, time, lengths })),
    ),
  ),
);

test.each(cases)(
  'decoding equals the parallel form: scope $scope, mix $mix, time $time, pieces of $lengths',
  ({ scope, mix, time, lengths }) => {
    const layer = layerOf(scope, mixes[mix]!);
    const parallel = hybridAttention(layer.conversion, layer.trained, { branch: 'both', renormalise: true });
    const expected = parallel({ ...sequence(time), layer: 0 });
    expectClose(decodeInPieces(time, lengths, layer), expected, 2e-5);
  },
);

test('the state has the same size after a thousand tokens as after a window', () => {
  const layer = layerOf('outside_window', jointMix({ gamma: 0.1 }));
  const one = sequence(1);
  let state = emptyState(one, layer);
  const sizes: number[] = [];
  const tensors: number[] = [];
  for (let step = 0; step < 1000; step += 1) {
    const next = decode(state, one, layer);
    tf.dispose([next.output, state.keys, state.values, state.sums]);
    state = next.state;
    sizes.push(state.keys.size + state.values.size + state.sums.size);
    tensors.push(tf.memory().numTensors);
  }
  expect(new Set(sizes.slice(window)).size).toBe(1);
  expect(new Set(tensors).size).toBe(1);
});
