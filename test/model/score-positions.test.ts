import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { rootSeed } from '../../src/base/seed.js';
import { softmaxAttention } from '../../src/model/attention/softmax.js';
import type { ModelConfig } from '../../src/model/config.js';
import { parameterShapes } from '../../src/model/parameters.js';
import { scorePositions, type ScoredSequence } from '../../src/model/score-positions.js';
import { hiddenStates, logits, type Llama } from '../../src/model/transformer.js';

const config: ModelConfig = {
  hiddenSize: 12,
  layers: 2,
  heads: 2,
  keyValueHeads: 1,
  headSize: 6,
  intermediateSize: 20,
  vocabularySize: 23,
  contextLength: 64,
  ropeTheta: 10_000,
  rmsNormEpsilon: 1e-5,
  tiedEmbeddings: false,
};

let model: Llama;

beforeAll(async () => {
  await tf.setBackend('cpu');
  model = randomLlama(config);
});

function randomLlama(shape: ModelConfig): Llama {
  const random = rootSeed(1).stream();
  const parameters = new Map(
    [...parameterShapes(shape)].map(([name, sizes]) => {
      const count = sizes.reduce((product, size) => product * size, 1);
      const values = Float32Array.from({ length: count }, () => random.normal() * 0.7);
      return [name, tf.tensor(values, [...sizes])] as const;
    }),
  );
  return { config: shape, parameters };
}

/** One sequence at a time, all logits, in double precision: the obvious form. */
function naive(llama: Llama, { tokens, scored }: ScoredSequence): { losses: number[]; answers: number[] } {
  const all = tf.tidy(() => {
    const input = tf.tensor2d([...tokens], [1, tokens.length], 'int32');
    return logits(llama, hiddenStates(llama, input, softmaxAttention)).arraySync()[0]!;
  });
  const rows = scored.map(({ position }) => all[position]!);
  return {
    losses: rows.map((row, index) => {
      const top = Math.max(...row);
      const sum = row.reduce((total, logit) => total + Math.exp(logit - top), 0);
      return row[scored[index]!.target]! - top - Math.log(sum);
    }),
    answers: rows.map((row) => row.indexOf(Math.max(...row))),
  };
}

function randomSequences(lengths: readonly number[]): readonly ScoredSequence[] {
  const random = rootSeed(2).stream();
  return lengths.map((length) => {
    const tokens = Array.from({ length }, () => random.integer(config.vocabularySize));
    const positions = tokens.map((_, position) => position).filter((position) => position % 3 === length % 3);
    return {
      tokens,
      scored: positions.map((position) => ({ position, target: random.integer(config.vocabularySize) })),
    };
  });
}

test.each([{ lengths: [1] }, { lengths: [7, 7] }, { lengths: [5, 17, 2] }, { lengths: [31, 30, 9, 16] }])(
  'a padded batch of lengths $lengths scores as each sequence alone',
  async ({ lengths }) => {
    const batch = randomSequences(lengths);
    const found = await scorePositions(model, batch, { attention: softmaxAttention });
    expect(found).toHaveLength(lengths.length);
    found.forEach(({ logProbabilities, answers }, index) => {
      const expected = naive(model, batch[index]!);
      expect(answers).toEqual(expected.answers);
      logProbabilities.forEach((value, place) => {
        expect(value).toBeCloseTo(expected.losses[place]!, 4);
      });
    });
  },
);

test.each([1, 23, 60, 23 * 7])('holding %i logits at once changes nothing', async (logitsAtOnce) => {
  const batch = randomSequences([31, 9, 16]);
  const whole = await scorePositions(model, batch, { attention: softmaxAttention });
  const sliced = await scorePositions(model, batch, { attention: softmaxAttention, logitsAtOnce });
  expect(sliced).toEqual(whole);
});

test('a sequence without scored positions has no scores', async () => {
  const batch = [{ tokens: [1, 2, 3], scored: [] }];
  expect(await scorePositions(model, batch, { attention: softmaxAttention })).toEqual([
    { logProbabilities: [], answers: [] },
  ]);
});

test('scoring leaves no tensor behind', async () => {
  const before = tf.memory().numTensors;
  await scorePositions(model, randomSequences([9, 4]), { attention: softmaxAttention });
  expect(tf.memory().numTensors).toBe(before);
});
