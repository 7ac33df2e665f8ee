import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fixedMix } from '../../../src/model/attention/fixed-mix.js';
import { jointMix } from '../../../src/model/attention/joint-mix.js';
import type { Mix } from '../../../src/model/attention/mix.js';
import { softmaxAttention } from '../../../src/model/attention/softmax.js';
import { hedgehog } from '../../../src/model/feature-maps/hedgehog.js';
import type { LinearScope } from '../../../src/model/hybrid/conversion.js';
import { hybridAttention, type HybridOptions } from '../../../src/model/hybrid/hybrid-attention.js';
import { goldenSequence, identityMaps, lastToken } from '../golden.js';
import { expectClose, useBackend } from '../tensors.js';

beforeEach(() => {
  tf.engine().startScope();
});
afterEach(() => {
  tf.engine().endScope();
});

const near = (values: readonly number[], expected: readonly number[]): void => {
  values.forEach((value, index) => {
    expect(value).toBeCloseTo(expected[index]!, 5);
  });
};

function hybrid(linearScope: LinearScope, mix: Mix, options: Partial<HybridOptions> = {}): number[] {
  const conversion = {
    window: 2,
    linearScope,
    mix,
    featureMap: hedgehog({ activation: 'softmax', noise: 0 }),
  };
  const maps = identityMaps(2);
  const trained = new Map<string, tf.Tensor>([
    ['layers.0.feature_map.query.weight', maps['query.weight']!],
    ['layers.0.feature_map.key.weight', maps['key.weight']!],
    ...Object.entries(mix.parameters({ heads: 1, headSize: 2 })).map(
      ([name, tensor]): [string, tf.Tensor] => [`layers.0.mix.${name}`, tensor],
    ),
  ]);
  const attention = hybridAttention(conversion, trained, { branch: 'both', renormalise: true, ...options });
  return lastToken(attention({ ...goldenSequence(), layer: 0 }));
}

for (const backend of ['cpu', 'wasm'] as const) {
  const onBackend = (name: string, body: () => void): void => {
    test(`${backend}: ${name}`, async () => {
      await useBackend(backend);
      body();
    });
  };

  onBackend('full softmax', () => {
    near(lastToken(softmaxAttention(goldenSequence())), [0.411188, -0.361188]);
  });
  onBackend('a window of two', () => {
    near(hybrid('all', fixedMix({ window: 0.5 }), { branch: 'window' }), [0.465983, -0.415983]);
  });
  onBackend('linear attention over all keys', () => {
    near(hybrid('all', fixedMix({ window: 0.5 }), { branch: 'linear' }), [0.299499, -0.249499]);
  });
  onBackend('half window, half linear attention over all keys', () => {
    near(hybrid('all', fixedMix({ window: 0.5 })), [0.382741, -0.332741]);
  });
  onBackend('half window, half linear attention outside it', () => {
    near(hybrid('outside_window', fixedMix({ window: 0.5 })), [0.332743, -0.282743]);
  });
  onBackend('the joint form with gamma 0.1', () => {
    near(hybrid('outside_window', jointMix({ gamma: 0.1 })), [0.212383, -0.162383]);
  });
  onBackend('the joint form with gamma 0.5', () => {
    near(hybrid('outside_window', jointMix({ gamma: 0.5 })), [0.253468, -0.203468]);
  });
  onBackend('the linear share of attention mass is told per layer', () => {
    const shares: tf.Scalar[] = [];
    const queries = 3; // 2, 3 and 4 have a key outside a window of two
    hybrid('outside_window', jointMix({ gamma: 0.1 }), { share: ({ byWeight }) => shares.push(byWeight) });
    const expected = [2, 3, 4].map(jointShareOfQuery).reduce((sum, share) => sum + share, 0) / queries;
    expect(jointShareOfQuery(4)).toBeCloseTo(0.951668, 5);
    expect(shares).toHaveLength(1);
    expectClose(shares[0]!, [expected], 1e-5);
    tf.dispose(shares);
  });
}

/** Share of the linear terms in the joint denominator, gamma 0.1, window 2, written out in double precision. */
function jointShareOfQuery(i: number): number {
  const q = [0, 1].map((j) => Math.sin(i + 0.3 * j + 0.1));
  const keyOf = (t: number): number[] => [0, 1].map((j) => Math.cos(0.7 * t - 0.4 * j));
  const dot = (a: readonly number[], b: readonly number[]): number =>
    a.reduce((sum, x, n) => sum + x * b[n]!, 0);
  const softmax = (x: readonly number[]): number[] => {
    const all = x.map(Math.exp);
    const sum = all.reduce((a, b) => a + b);
    return all.map((value) => value / sum);
  };
  const phi = (x: readonly number[]): number[] => [...softmax(x), ...softmax(x.map((value) => -value))];
  const scores = [i - 1, i].map((t) => dot(q, keyOf(t)) / Math.SQRT2);
  const largest = Math.max(...scores);
  const window = scores.reduce((sum, s) => sum + 0.1 * Math.exp(s - largest), 0);
  const linear = Array.from({ length: i - 1 }, (_, t) => dot(phi(q), phi(keyOf(t)))).reduce(
    (a, b) => a + b,
    0,
  );
  return linear / (window + linear);
}
