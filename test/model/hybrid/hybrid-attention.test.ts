import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { rootSeed } from '../../../src/base/seed.js';
import { fixedMix } from '../../../src/model/attention/fixed-mix.js';
import { jointMix } from '../../../src/model/attention/joint-mix.js';
import { naiveLinearAttention } from '../../../src/model/attention/linear-naive.js';
import type { Mix } from '../../../src/model/attention/mix.js';
import { naiveSoftmaxAttention } from '../../../src/model/attention/softmax-naive.js';
import { naiveWindowAttention } from '../../../src/model/attention/window-naive.js';
import { causalMask } from '../../../src/model/attention/masks.js';
import type { LayerTensors } from '../../../src/model/feature-maps/feature-map.js';
import { hedgehog } from '../../../src/model/feature-maps/hedgehog.js';
import type { LinearScope } from '../../../src/model/hybrid/conversion.js';
import { hybridAttention, type HybridOptions } from '../../../src/model/hybrid/hybrid-attention.js';
import { initialTensors, layerTensors } from '../../../src/model/hybrid/layer-tensors.js';
import type { LinearShare } from '../../../src/model/hybrid/linear-share.js';
import { expectTrueGradients, gradientsOf } from '../gradients.js';
import { expectClose, normals, useBackend } from '../tensors.js';

beforeEach(async () => {
  await useBackend('wasm');
  tf.engine().startScope();
  maps = featureMap.parameters({ heads: 2, headSize: 4 }, rootSeed(3));
});
afterEach(() => {
  tf.engine().endScope();
});

const window = 5;
const featureMap = hedgehog({ activation: 'softmax', noise: 0.3 });
let maps: LayerTensors;

const input = (
  time: number,
  batch = 3,
): { q: tf.Tensor4D; k: tf.Tensor4D; v: tf.Tensor4D; layer: number } => ({
  q: normals<tf.Rank.R4>('q', [batch, 2, time, 4]),
  k: normals<tf.Rank.R4>('k', [batch, 2, time, 4]),
  v: normals<tf.Rank.R4>('v', [batch, 2, time, 4]),
  layer: 0,
});

interface Case extends Partial<HybridOptions> {
  readonly scope?: LinearScope;
  readonly mix?: Mix;
}

function run(
  time: number,
  { scope = 'outside_window', mix = fixedMix({ window: 0.3 }), ...options }: Case,
): tf.Tensor4D {
  const trained = new Map(
    Object.entries(maps).map(([name, x]): [string, tf.Tensor] => [`layers.0.feature_map.${name}`, x]),
  );
  for (const [name, x] of Object.entries(mix.parameters({ heads: 2, headSize: 4 })))
    trained.set(`layers.0.mix.${name}`, x);
  const conversion = { window, linearScope: scope, featureMap, mix };
  return hybridAttention(conversion, trained, { branch: 'both', renormalise: true, ...options })(input(time));
}

const windowAlone = (time: number): tf.Tensor4D => {
  const { q, k, v } = input(time);
  return naiveWindowAttention(q, k, v, window).output;
};

const linearAlone = (time: number, delay: number): tf.Tensor4D => {
  const { q, k, v } = input(time);
  return naiveLinearAttention({
    queries: featureMap.queries(q, maps),
    keys: featureMap.keys(k, maps),
    values: v,
    delay,
  }).output;
};

/** LoLCATs' joint form as the paper writes it: one denominator over exponentials and products. */
function joint(time: number, gamma: number): tf.Tensor4D {
  const { q, k, v } = input(time);
  const scores = tf.add(
    tf.mul(tf.matMul(q, k, false, true), 0.5),
    causalMask({ start: 0, rows: time, keys: time, window: window }),
  );
  const near = tf.mul(tf.exp(tf.sub(scores, tf.max(scores, -1, true))), gamma);
  const far = tf.mul(
    tf.matMul(featureMap.queries(q, maps), featureMap.keys(k, maps), false, true),
    tf.cast(
      tf.less(
        tf.add(
          causalMask({ start: 0, rows: time, keys: time, window: time }),
          causalMask({ start: 0, rows: time, keys: time, window: window }),
        ),
        -1e29,
      ),
      'float32',
    ),
  );
  const causal = tf.linalg.bandPart(tf.ones([time, time]), -1, 0);
  const weights = tf.add(near, tf.mul(far, causal));
  return tf.div(tf.matMul(weights, v), tf.sum(weights, -1, true));
}

/** 1 for queries with a key outside the window. */
const outside = (time: number): tf.Tensor4D =>
  tf.tensor4d(
    Array.from({ length: time }, (_, i) => (i >= window ? 1 : 0)),
    [1, 1, time, 1],
  );

test.each([1, 4, 5, 6, 23])('the joint form is one denominator over both branches: time %i', (time) => {
  expectClose(run(time, { mix: jointMix({ gamma: 0.1 }) }), joint(time, 0.1), 1e-5);
});

test.each([1, 4, 5, 6, 23])(
  'the fixed mix gives all weight to the window where no key lies outside: time %i',
  (time) => {
    const weight = tf.add(tf.mul(outside(time), 0.3), tf.sub(1, outside(time)));
    const expected = tf.add(
      tf.mul(windowAlone(time), weight),
      tf.mul(linearAlone(time, window), tf.sub(1, weight)),
    );
    expectClose(run(time, {}), expected, 1e-5);
  },
);

test('the fixed mix over all keys', () => {
  const expected = tf.add(tf.mul(windowAlone(12), 0.3), tf.mul(linearAlone(12, 0), 0.7));
  expectClose(run(12, { scope: 'all' }), expected, 1e-5);
});

test('a renormalised branch is that branch alone', () => {
  expectClose(run(12, { branch: 'window' }), windowAlone(12), 1e-5);
  expectClose(run(12, { branch: 'linear' }), linearAlone(12, window), 1e-5);
  expectClose(run(12, { branch: 'linear', linearScope: 'all' }), linearAlone(12, 0), 1e-5);
});

test.each(['fixed', 'joint'])('branches at their own weight add up to the whole: %s', (name) => {
  const mix = name === 'fixed' ? fixedMix({ window: 0.3 }) : jointMix({ gamma: 0.1 });
  const parts = (['window', 'linear'] as const).map((branch) => run(23, { mix, branch, renormalise: false }));
  expectClose(tf.addN(parts), run(23, { mix }), 1e-5);
});

test('linear attention outside the window gives zeros where it has no key, and nothing undefined', () => {
  const output = run(window, { branch: 'linear' });
  expect(Math.max(...output.dataSync().map(Math.abs))).toBe(0);
});

test('no attention is zeros', () => {
  expect(Math.max(...run(9, { branch: 'none' }).dataSync().map(Math.abs))).toBe(0);
});

test('sinks are a causal softmax over the first keys', () => {
  const { q, k, v } = input(12);
  const whole = run(12, { branch: 'sinks', sinks: 8 });
  const first = (x: tf.Tensor4D): tf.Tensor4D => tf.slice(x, [0, 0, 0, 0], [-1, -1, 8, -1]);
  expectClose(first(whole), naiveSoftmaxAttention(first(q), first(k), first(v)), 1e-5);
  const scores = tf.mul(tf.matMul(q, first(k), false, true), 0.5);
  const later = tf.matMul(tf.softmax(scores), first(v));
  expectClose(tf.slice(whole, [0, 0, 8, 0]), tf.slice(later, [0, 0, 8, 0]), 1e-5);
});

const middleDropped = (): tf.Tensor4D => tf.tensor4d([1, 0, 1], [3, 1, 1, 1]);

test('a sample without window computes linear attention alone, at weight 1', () => {
  const output = run(12, { dropout: { keep: middleDropped(), dropped: 'linear_alone' } });
  const sample = (x: tf.Tensor4D, index: number): tf.Tensor4D =>
    tf.slice(x, [index, 0, 0, 0], [1, -1, -1, -1]);
  for (const kept of [0, 2]) expectClose(sample(output, kept), sample(run(12, {}), kept), 1e-5);
  expectClose(sample(output, 1), sample(linearAlone(12, window), 1), 1e-5);
});

test('a sample without window computes the linear share, where that is asked for', () => {
  const output = run(12, { dropout: { keep: middleDropped(), dropped: 'linear_share' } });
  const share = run(12, { branch: 'linear', renormalise: false });
  const sample = (x: tf.Tensor4D, index: number): tf.Tensor4D =>
    tf.slice(x, [index, 0, 0, 0], [1, -1, -1, -1]);
  expectClose(sample(output, 1), sample(share, 1), 1e-5);
  expectClose(sample(output, 0), sample(run(12, {}), 0), 1e-5);
});

test('heads and layers may lose their windows on their own', () => {
  const oneHead = tf.tensor4d([1, 0], [1, 2, 1, 1]);
  const output = run(12, {
    dropout: { keep: (layer) => (layer === 0 ? oneHead : tf.zerosLike(oneHead)), dropped: 'linear_alone' },
  });
  const head = (x: tf.Tensor4D, index: number): tf.Tensor4D => tf.slice(x, [0, index, 0, 0], [-1, 1, -1, -1]);
  expectClose(head(output, 0), head(run(12, {}), 0), 1e-5);
  expectClose(head(output, 1), head(linearAlone(12, window), 1), 1e-5);
});

test('the linear share counts queries that have a key outside the window', () => {
  const shares: LinearShare[] = [];
  run(23, { share: (share) => shares.push(share) });
  run(window, { share: (share) => shares.push(share) });
  expect(shares.map(({ layer }) => layer)).toEqual([0]);
  expectClose(shares[0]!.byWeight, [0.7], 1e-5);
  const norms = [tf.mul(linearAlone(23, window), 0.7), tf.mul(windowAlone(23), 0.3)].map((x) =>
    tf.norm(x, 2, -1, true),
  );
  const byQuery = tf.div<tf.Tensor4D>(norms[0]!, tf.add(norms[0]!, norms[1]!));
  expectClose(shares[0]!.byNorm, tf.mean(tf.slice(byQuery, [0, 0, window, 0])), 1e-5);
});

test('gradients reach feature maps and gamma as finite differences say, the row maximum included', async () => {
  await useBackend('cpu');
  const conversion = {
    window: 3,
    linearScope: 'outside_window' as const,
    featureMap,
    mix: jointMix({ gamma: 0.3 }),
  };
  const names = ['feature_map.query.weight', 'feature_map.key.weight', 'mix.gamma'].map(
    (name) => `layers.0.${name}`,
  );
  const q = normals<tf.Rank.R4>('q', [1, 2, 9, 16]);
  const k = tf.add(q, normals<tf.Rank.R4>('k', [1, 2, 9, 16], 0.3));
  const v = normals<tf.Rank.R4>('v', [1, 2, 9, 4]);
  const weights = [normals('query', [2, 16, 6]), normals('key', [2, 16, 6]), normals('gamma', [2])];
  const output = (...given: tf.Tensor[]): tf.Tensor => {
    const trained = new Map(names.map((name, index): [string, tf.Tensor] => [name, given[index]!]));
    const [x, y, z] = given.slice(3) as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
    return hybridAttention(conversion, trained, { branch: 'both', renormalise: true })({
      q: x,
      k: y,
      v: z,
      layer: 0,
    });
  };
  expectTrueGradients(output, [...weights, q, k, v]);
});

test('cpu and wasm agree on the whole hybrid, gradients included', async () => {
  const found: tf.Tensor[][] = [];
  for (const backend of ['cpu', 'wasm'] as const) {
    await useBackend(backend);
    const conversion = {
      window,
      linearScope: 'outside_window' as const,
      featureMap,
      mix: jointMix({ gamma: 0.3 }),
    };
    const trained = initialTensors(conversion, { heads: 2, headSize: 4, layers: 2 }, rootSeed(1));
    const { q, k, v } = input(70);
    const output = (...given: tf.Tensor[]): tf.Tensor => {
      const [x, y, z] = given as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
      return hybridAttention(conversion, trained, { branch: 'both', renormalise: true })({
        q: x,
        k: y,
        v: z,
        layer: 1,
      });
    };
    found.push([output(q, k, v), ...gradientsOf(output, [q, k, v])]);
  }
  found[0]!.forEach((x, index) => {
    expectClose(found[1]![index]!, x, 5e-5);
  });
});

test('tensors are named by layer and part', () => {
  const conversion = { window, linearScope: 'all' as const, featureMap, mix: jointMix({ gamma: 0.1 }) };
  const trained = initialTensors(conversion, { heads: 2, headSize: 4, layers: 2 }, rootSeed(1));
  expect([...trained.keys()]).toEqual([
    'layers.0.feature_map.query.weight',
    'layers.0.feature_map.key.weight',
    'layers.0.mix.gamma',
    'layers.1.feature_map.query.weight',
    'layers.1.feature_map.key.weight',
    'layers.1.mix.gamma',
  ]);
  expect(Object.keys(layerTensors(trained, 1, 'feature_map'))).toEqual(['query.weight', 'key.weight']);
  expectClose(layerTensors(trained, 1, 'mix')['gamma']!, [Math.log(1 / 9), Math.log(1 / 9)], 1e-6);
});

test('an attention leaves its output alone in memory', () => {
  run(23, { mix: jointMix({ gamma: 0.1 }) }).dispose();
  for (const branch of ['both', 'window', 'linear', 'sinks', 'none'] as const) {
    for (const renormalise of [true, false]) {
      const mix = fixedMix({ window: 0.3 });
      const conversion = { window, linearScope: 'outside_window' as const, featureMap, mix };
      const trained = new Map(Object.entries(maps).map(([name, x]) => [`layers.0.feature_map.${name}`, x]));
      const given = input(23);
      const attention = hybridAttention(conversion, trained, { branch, renormalise });
      attention(given).dispose();
      const before = tf.memory().numTensors;
      attention(given);
      expect(tf.memory().numTensors - before, `${branch}, ${renormalise}`).toBe(1);
    }
  }
});
