import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeEach, expect, test, type TestContext } from 'vitest';
import { rootSeed } from '../../../src/base/seed.js';
import type { Attention } from '../../../src/model/attention/attention.js';
import { softmaxAttention } from '../../../src/model/attention/softmax.js';
import { frozenProduct } from '../../../src/model/bfloat16/frozen-weight.js';
import { toBfloat16 } from '../../../src/model/bfloat16/rounding.js';
import type { ModelConfig } from '../../../src/model/config.js';
import { Decoder, type DecoderParts } from '../../../src/model/decode/decoder.js';
import { hybridDecoding } from '../../../src/model/decode/hybrid-decoding.js';
import { withPackedProjections } from '../../../src/model/decode/packed-projections.js';
import { projection } from '../../../src/model/decode/row-product.js';
import { softmaxDecoding } from '../../../src/model/decode/softmax-decoding.js';
import type { LinearScope } from '../../../src/model/hybrid/conversion.js';
import type { DecodedBranch } from '../../../src/model/hybrid/branch-parts.js';
import { hybridAttention } from '../../../src/model/hybrid/hybrid-attention.js';
import { initialTensors } from '../../../src/model/hybrid/layer-tensors.js';
import { lowRankAdapters, type Adapters } from '../../../src/model/low-rank.js';
import { hiddenStates, logits, type Llama } from '../../../src/model/transformer.js';
import { withBfloat16Weights } from '../bfloat16/with-bfloat16-weights.js';
import { expectClose, normals } from '../tensors.js';
import { useTensorflow } from '../use-tensorflow.js';
import { conversionWith, randomDecoder } from './random-decoder.js';

/** Steps that are compared: enough for many replays on either side of a growth of the cache. */
const steps = 300;
const window = 6;

const config: ModelConfig = {
  hiddenSize: 24,
  layers: 2,
  heads: 6,
  keyValueHeads: 2,
  headSize: 4,
  intermediateSize: 40,
  vocabularySize: 31,
  contextLength: 512,
  ropeTheta: 100,
  rmsNormEpsilon: 1e-5,
  tiedEmbeddings: true,
  projectionBiases: true,
};

const tokens = Array.from({ length: steps }, (_, index) => (7 * index + 3 * (index % 5)) % 31);

beforeEach(async ({ skip }: TestContext) => {
  await useTensorflow({ skip });
  tf.engine().startScope();
});
afterEach(() => {
  tf.engine().endScope();
});

const llama = (): Llama => randomDecoder(config, 0.3);

/** The scores after every token, `[steps, vocabulary]`, taken in one by one. */
function stepByStep(model: Llama, parts: DecoderParts): tf.Tensor2D {
  const decoder = new Decoder(model, parts);
  const scores = tokens.map((token) => decoder.take([token]));
  decoder.dispose();
  return tf.stack(scores) as tf.Tensor2D;
}

/** The same by the parallel form. */
function atOnce(model: Llama, attention: Attention, adapters?: Adapters): tf.Tensor2D {
  const all = tf.tensor2d(tokens, [1, steps], 'int32');
  return logits(model, hiddenStates(model, all, attention, adapters)).reshape([steps, -1]);
}

test.each(['as they are', 'packed'])(
  'replayed steps over a cache give the scores of the parallel form: projections %s',
  (form) => {
    const expected = atOnce(llama(), softmaxAttention);
    const model = form === 'packed' ? withPackedProjections(llama()) : llama();
    expectClose(stepByStep(model, { decoding: softmaxDecoding() }), expected, 1e-4);
  },
);

test.each(
  (['all', 'outside_window'] as const).flatMap((scope) =>
    (['fixed', 'joint'] as const).flatMap((mix) =>
      (['both', 'window', 'linear'] as const).map((branch) => ({ scope, mix, branch })),
    ),
  ),
)(
  'replayed steps of a converted model give the scores of the parallel form: $scope, $mix, $branch',
  ({ scope, mix, branch }: { scope: LinearScope; mix: 'fixed' | 'joint'; branch: DecodedBranch }) => {
    const conversion = conversionWith(window, scope, mix);
    const trained = initialTensors(conversion, config, rootSeed(3));
    const attention = hybridAttention(conversion, trained, { branch, renormalise: true });
    const decoding = hybridDecoding(conversion, trained, branch);
    const expected = atOnce(llama(), attention);
    expectClose(stepByStep(withPackedProjections(llama()), { decoding }), expected, 1e-4);
  },
);

test.each([0, 16])('a product with a large weight is that of its halves; %i more outputs', (more) => {
  const weight = normals<tf.Rank.R2>('w', [512 + more, 513]);
  const x = normals<tf.Rank.R2>('x', [1, 513]);
  expectClose(projection(x, weight), tf.matMul(x, weight, false, true), 1e-5);
  const rounded = toBfloat16(weight);
  expectClose(projection(x, rounded), frozenProduct(x, rounded), 1e-2);
});

test('steps replayed operation by operation, as on a graphics card, give the same', () => {
  const backend = tf.backend() as unknown as { isUsingGpuDevice: boolean };
  const conversion = conversionWith(window, 'outside_window', 'joint');
  const trained = initialTensors(conversion, config, rootSeed(3));
  const decoding = hybridDecoding(conversion, trained, 'both');
  const expected = atOnce(
    llama(),
    hybridAttention(conversion, trained, { branch: 'both', renormalise: true }),
  );
  backend.isUsingGpuDevice = true;
  try {
    expectClose(stepByStep(withPackedProjections(llama()), { decoding }), expected, 1e-4);
  } finally {
    backend.isUsingGpuDevice = false;
  }
});

test('adapters take part in replayed steps, beside packed projections too', () => {
  const trained = new Map([
    ['layers.1.self_attn.k_proj.lora_a', normals('a', [24, 2])],
    ['layers.1.self_attn.k_proj.lora_b', normals('b', [2, 8])],
    ['layers.0.mlp.down_proj.lora_a', normals('c', [40, 2])],
    ['layers.0.mlp.down_proj.lora_b', normals('d', [2, 24])],
  ]);
  const adapters = lowRankAdapters(trained, 0.5);
  const expected = atOnce(llama(), softmaxAttention, adapters);
  const parts = { decoding: softmaxDecoding(), adapters };
  expectClose(stepByStep(withPackedProjections(llama()), parts), expected, 1e-4);
});

test('packed projections in bfloat16 give what the same projections give apart', () => {
  const conversion = conversionWith(window, 'outside_window', 'joint');
  const trained = initialTensors(conversion, config, rootSeed(3));
  const decoding = hybridDecoding(conversion, trained, 'both');
  const apart = stepByStep(withBfloat16Weights(llama()), { decoding });
  const packed = stepByStep(withPackedProjections(withBfloat16Weights(llama())), { decoding });
  expectClose(packed, apart, 2e-2);
});

test('a cache in bfloat16 takes half the bytes and gives nearly the same scores', () => {
  const model = withBfloat16Weights(llama());
  const [wide, rounded] = (['float32', 'bfloat16'] as const).map((precision) => {
    const decoder = new Decoder(model, { decoding: softmaxDecoding({ precision }) });
    const scores = tokens.map((token) => decoder.take([token]));
    const found = { scores: tf.stack(scores), bytes: decoder.stateBytes };
    decoder.dispose();
    return found;
  });
  expect(rounded!.bytes).toBe(wide!.bytes / 2);
  expectClose(rounded!.scores, wide!.scores, 4e-2);
});

/** Counts what TensorFlow holds while the work runs: handles that were made and not yet deleted. */
function liveHandles(work: (count: () => number) => void): void {
  const backend = tf.backend() as unknown as { binding: Binding };
  const real = backend.binding;
  let live = 0;
  backend.binding = Object.create(real, {
    createTensor: {
      value: (...given: readonly unknown[]) => {
        live += 1;
        return real.createTensor(...given);
      },
    },
    executeOp: {
      value: (...given: readonly unknown[]) => {
        const outputs = real.executeOp(...given);
        live += outputs.length;
        return outputs;
      },
    },
    runSavedModel: {
      value: (...given: readonly unknown[]) => {
        const outputs = real.runSavedModel(...given);
        live += outputs.length;
        return outputs;
      },
    },
    deleteTensor: {
      value: (handle: number) => {
        live -= 1;
        real.deleteTensor(handle);
      },
    },
  }) as Binding;
  try {
    work(() => live);
  } finally {
    backend.binding = real;
  }
}

test('steps of a converted model run as graphs, whatever their operations are set to', () => {
  const withNorms = { ...config, headNorms: true };
  const conversion = conversionWith(window, 'outside_window', 'joint');
  const trained = initialTensors(conversion, withNorms, rootSeed(3));
  const model = withPackedProjections(randomDecoder(withNorms, 0.3));
  const backend = tf.backend() as unknown as { binding: Binding };
  const real = backend.binding;
  let graphs = 0;
  backend.binding = Object.create(real, {
    runSavedModel: {
      value: (...given: readonly unknown[]) => {
        graphs += 1;
        return real.runSavedModel(...given);
      },
    },
  }) as Binding;
  const decoder = new Decoder(model, { decoding: hybridDecoding(conversion, trained, 'both') });
  try {
    for (const token of tokens.slice(0, window + 6)) decoder.take([token]);
  } finally {
    backend.binding = real;
    decoder.dispose();
  }
  // Of the six tokens behind a full window all but the two by which the work becomes known.
  expect(graphs).toBe(4);
});

interface Binding {
  createTensor(...given: readonly unknown[]): number;
  executeOp(...given: readonly unknown[]): readonly unknown[];
  runSavedModel(...given: readonly unknown[]): readonly unknown[];
  deleteTensor(handle: number): void;
}

test('replayed steps of a converted model leave nothing behind, in tfjs nor in TensorFlow', () => {
  const conversion = conversionWith(window, 'outside_window', 'joint');
  const trained = initialTensors(conversion, config, rootSeed(3));
  const model = withPackedProjections(llama());
  const decoding = hybridDecoding(conversion, trained, 'both');
  // Weights reach TensorFlow when they are first used.
  stepByStep(model, { decoding }).dispose();
  const { numTensors } = tf.memory();
  liveHandles((count) => {
    const decoder = new Decoder(model, { decoding });
    const seen = Array.from({ length: 2 * steps }, (_, index) => {
      decoder.take([tokens[index % steps]!]).dispose();
      return `${tf.memory().numTensors} tensors, ${count()} handles, ${decoder.stateBytes} bytes`;
    });
    // After the recording, which keeps some constants.
    expect(new Set(seen.slice(window + 2)).size).toBe(1);
    decoder.dispose();
    expect(count()).toBe(0);
    expect(tf.memory().numTensors).toBe(numTensors);
  });
});
