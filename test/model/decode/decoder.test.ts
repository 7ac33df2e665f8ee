import * as tf from '@tensorflow/tfjs';
import { beforeEach, expect, test } from 'vitest';
import { rootSeed } from '../../../src/base/seed.js';
import type { Attention } from '../../../src/model/attention/attention.js';
import { softmaxAttention } from '../../../src/model/attention/softmax.js';
import { windowAttention } from '../../../src/model/attention/window.js';
import type { ModelConfig } from '../../../src/model/config.js';
import { Decoder } from '../../../src/model/decode/decoder.js';
import { hybridDecoding } from '../../../src/model/decode/hybrid-decoding.js';
import type { LayerDecoding } from '../../../src/model/decode/layer-decoding.js';
import { softmaxDecoding } from '../../../src/model/decode/softmax-decoding.js';
import { hybridAttention } from '../../../src/model/hybrid/hybrid-attention.js';
import { initialTensors } from '../../../src/model/hybrid/layer-tensors.js';
import { lowRankAdapters } from '../../../src/model/low-rank.js';
import { hiddenStates, logits, type Llama } from '../../../src/model/transformer.js';
import { expectClose, normals, useBackend } from '../tensors.js';
import { conversionWith, randomDecoder } from './random-decoder.js';

beforeEach(() => useBackend('wasm'));

const config: ModelConfig = {
  hiddenSize: 16,
  layers: 2,
  heads: 4,
  keyValueHeads: 2,
  headSize: 4,
  intermediateSize: 24,
  vocabularySize: 31,
  contextLength: 64,
  ropeTheta: 100,
  rmsNormEpsilon: 1e-5,
  tiedEmbeddings: true,
};
const window = 5;
const lengths = [1, window - 1, window, window + 1, 3 * window + 2];

const llama = (): Llama => randomDecoder(config, 0.5);

const tokensOf = (time: number): number[] => Array.from({ length: time }, (_, index) => (7 * index + 3) % 31);

/** Scores after the last token, by the parallel form. */
function parallel(model: Llama, tokens: readonly number[], attention: Attention): tf.Tensor1D {
  return tf.tidy(() => {
    const hidden = hiddenStates(model, tf.tensor2d([...tokens], [1, tokens.length], 'int32'), attention);
    const last = tf.slice(hidden, [0, tokens.length - 1, 0], [1, 1, -1]);
    return logits(model, last).as1D();
  });
}

/** Scores after the last token, taken in piece by piece; the last length repeats. */
function decoded(decoder: Decoder, tokens: readonly number[], pieces: readonly number[]): tf.Tensor1D {
  let scores: tf.Tensor1D | undefined;
  for (let start = 0, piece = 0; start < tokens.length; piece += 1) {
    const length = pieces[Math.min(piece, pieces.length - 1)]!;
    scores?.dispose();
    scores = decoder.take(tokens.slice(start, start + length));
    start += length;
  }
  return scores!;
}

function expectEqualForms(decoding: LayerDecoding, attention: Attention): void {
  tf.engine().startScope();
  const model = llama();
  for (const time of lengths) {
    for (const pieces of [[1], [time], [4, 1]]) {
      const decoder = new Decoder(model, { decoding });
      expectClose(decoded(decoder, tokensOf(time), pieces), parallel(model, tokensOf(time), attention), 5e-5);
      expect(decoder.position).toBe(time);
      decoder.dispose();
    }
  }
  tf.engine().endScope();
}

test('a cache of keys and values gives what softmax attention gives', () => {
  expectEqualForms(softmaxDecoding(), softmaxAttention);
});

test('a cache as long as the sliding window of a model gives what its window gives', () => {
  expectEqualForms(
    softmaxDecoding({ window }),
    ({ q, k, v }) => windowAttention(q, k, v, { window, mass: false }).output,
  );
});

const cases = (['all', 'outside_window'] as const).flatMap((scope) =>
  (['fixed', 'joint'] as const).flatMap((mix) =>
    (['both', 'window', 'linear'] as const).map((branch) => ({ scope, mix, branch })),
  ),
);

test.each(cases)(
  'a converted model decodes to what its parallel form gives: scope $scope, mix $mix, branch $branch',
  ({ scope, mix, branch }) => {
    const conversion = conversionWith(window, scope, mix);
    const trained = initialTensors(conversion, config, rootSeed(3));
    expectEqualForms(
      hybridDecoding(conversion, trained, branch),
      hybridAttention(conversion, trained, { branch, renormalise: true }),
    );
    tf.dispose([...trained.values()]);
  },
);

test('adapters are added while decoding as they are in the parallel form', () => {
  tf.engine().startScope();
  const model = llama();
  const trained = new Map([
    ['layers.1.self_attn.q_proj.lora_a', normals('a', [16, 2])],
    ['layers.1.self_attn.q_proj.lora_b', normals('b', [2, 16])],
  ]);
  const adapters = lowRankAdapters(trained, 2);
  const decoder = new Decoder(model, { decoding: softmaxDecoding(), adapters });
  const tokens = tf.tensor2d(tokensOf(9), [1, 9], 'int32');
  const hidden = hiddenStates(model, tokens, softmaxAttention, adapters);
  const expected = tf.slice(logits(model, hidden), [0, 8, 0], [1, 1, -1]).as1D();
  expectClose(decoded(decoder, tokensOf(9), [3, 1]), expected, 5e-5);
  decoder.dispose();
  tf.engine().endScope();
});

test('a prompt longer than what is taken in at once gives the same scores', () => {
  tf.engine().startScope();
  const model = llama();
  const conversion = conversionWith(window, 'outside_window', 'joint');
  const trained = initialTensors(conversion, config, rootSeed(3));
  const attention = hybridAttention(conversion, trained, { branch: 'both', renormalise: true });
  for (const time of [128, 129, 300]) {
    const decoder = new Decoder(model, { decoding: hybridDecoding(conversion, trained, 'both') });
    expectClose(decoder.take(tokensOf(time)), parallel(model, tokensOf(time), attention), 2e-4);
    expect(decoder.position).toBe(time);
    decoder.dispose();
    const cached = new Decoder(model, { decoding: softmaxDecoding() });
    expectClose(cached.take(tokensOf(time)), parallel(model, tokensOf(time), softmaxAttention), 2e-4);
    cached.dispose();
  }
  tf.engine().endScope();
});

test('tensors and state of a converted model stay the same in number and size, and disposing frees them', () => {
  const model = llama();
  const conversion = conversionWith(window, 'all', 'fixed');
  const trained = initialTensors(conversion, config, rootSeed(3));
  const before = tf.memory().numTensors;
  const decoder = new Decoder(model, { decoding: hybridDecoding(conversion, trained, 'both') });
  const seen = tokensOf(60).map((token) => {
    decoder.take([token]).dispose();
    return `${tf.memory().numTensors} ${decoder.stateBytes}`;
  });
  expect(new Set(seen.slice(window)).size).toBe(1);
  // Keys and values of the window for 2 key-value heads, 12 features times 4 values and their sum for 4 heads: 2 layers,
  // 4 bytes.
  expect(decoder.stateBytes).toBe(4 * 2 * (2 * 2 * window * 4 + 4 * 12 * 5));
  decoder.dispose();
  expect(tf.memory().numTensors).toBe(before);
  tf.dispose([...trained.values(), ...model.parameters.values()]);
});
