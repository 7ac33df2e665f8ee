import { expect, test } from 'vitest';
import type { ModelConfig } from '../../src/model/config.js';
import { estimateMemory, totalBytes, type Workload } from '../../src/model/memory-estimate.js';

const mebibyte = 2 ** 20;

const smollm2: ModelConfig = {
  hiddenSize: 576,
  layers: 30,
  heads: 9,
  keyValueHeads: 3,
  headSize: 64,
  intermediateSize: 1536,
  vocabularySize: 49152,
  contextLength: 2048,
  ropeTheta: 100_000,
  rmsNormEpsilon: 1e-5,
  tiedEmbeddings: true,
};

const plain: Workload = {
  work: 'measure',
  rows: 4,
  context: 256,
  precision: 'float32',
  features: 128,
  window: 32,
  runtimeBytes: 480 * mebibyte,
  trainedNumbers: 2 * 30 * 9 * 64 * 64,
};

const bytesOf = (workload: Partial<Workload>, config = smollm2): number =>
  totalBytes(estimateMemory(config, { ...plain, ...workload }));

// Peaks in MiB of whole workers on TensorFlow, 2 cores, feature maps of 64 columns.
test.each([
  { work: 'transfer', rows: 1, context: 256, measured: 1293 },
  { work: 'transfer', rows: 4, context: 256, measured: 1388 },
  { work: 'transfer', rows: 1, context: 1024, measured: 1446 },
  { work: 'transfer', rows: 4, context: 1024, measured: 1943 },
  { work: 'finetune', rows: 1, context: 256, measured: 1600 },
  { work: 'finetune', rows: 4, context: 256, measured: 2292 },
  { work: 'finetune', rows: 1, context: 1024, measured: 2329 },
  { work: 'measure', rows: 1, context: 256, measured: 1066 },
  { work: 'measure', rows: 4, context: 256, measured: 1229 },
  { work: 'measure', rows: 1, context: 1024, measured: 1237 },
  { work: 'measure', rows: 4, context: 1024, measured: 1420 },
] as const)(
  'SmolLM2-135M: $work of $rows rows of $context tokens is estimated within a fifth of the measured $measured MiB',
  ({ measured, ...workload }) => {
    const ratio = bytesOf(workload) / mebibyte / measured;
    expect(ratio).toBeGreaterThan(0.8);
    expect(ratio).toBeLessThan(1.2);
  },
);

const tinyLlama: ModelConfig = {
  ...{ hiddenSize: 192, layers: 2, heads: 6, keyValueHeads: 2, headSize: 32, intermediateSize: 512 },
  ...{ vocabularySize: 512, contextLength: 256, ropeTheta: 1e4, rmsNormEpsilon: 1e-5, tiedEmbeddings: true },
};

test.each([
  { rows: 8, measured: 809 },
  { rows: 32, measured: 1898 },
])(
  'a Llama of two layers trained from nothing, $rows rows of 256 tokens: within a fifth of the measured $measured MiB',
  ({ rows, measured }) => {
    const work = { work: 'pretrain', rows, features: 0, window: 0, trainedNumbers: 0 } as const;
    const ratio = bytesOf(work, tinyLlama) / mebibyte / measured;
    expect(ratio).toBeGreaterThan(0.8);
    expect(ratio).toBeLessThan(1.2);
  },
);

test.each([
  { work: 'transfer', measured: 1167 },
  { work: 'finetune', measured: 2041 },
] as const)('SmolLM2-135M in bf16: $work of 1,024 tokens, measured $measured MiB', ({ measured, work }) => {
  const ratio = bytesOf({ work, rows: 1, context: 1024, precision: 'bfloat16' }) / mebibyte / measured;
  expect(ratio).toBeGreaterThan(0.8);
  expect(ratio).toBeLessThan(1.2);
});

test('half of the precision takes half of every matrix, the embedding included', () => {
  const embedding = 49152 * 576;
  const projections = 30 * (2 * 576 * 576 + 2 * 192 * 576 + 3 * 1536 * 576);
  const saved = bytesOf({}) - bytesOf({ precision: 'bfloat16' });
  expect(saved).toBe(2 * (embedding + projections));
  const weights = estimateMemory(smollm2, plain).find(({ what }) => what === 'the weights');
  expect(weights?.bytes).toBe(4 * (embedding + projections + 61 * 576));
});

test('fine-tuning keeps the inputs of all layers, and products of their weights while there is room', () => {
  const work = { work: 'finetune', rows: 16, context: 1024 } as const;
  const grown = bytesOf(work, { ...smollm2, layers: 31 }) - bytesOf(work);
  const layer = 2 * 576 * 576 + 2 * 192 * 576 + 3 * 1536 * 576 + 2 * 576;
  expect(grown).toBe(4 * (layer + 16 * 1024 * 576));
  const products = estimateMemory(smollm2, { ...plain, ...work }).find(({ what }) =>
    what.includes('products'),
  );
  expect(products?.bytes).toBe(2 ** 30);
});

test('training from nothing holds every layer, and each weight several times', () => {
  const pretrain = bytesOf({ work: 'pretrain', features: 0, window: 0 });
  expect(pretrain).toBeGreaterThan(bytesOf({ work: 'finetune' }) + 6 * 4 * 134_000_000);
});

test('the largest part comes first', () => {
  const parts = estimateMemory(smollm2, { ...plain, rows: 64 });
  expect(parts[0]?.what).toBe('activations');
  expect(parts.map(({ bytes }) => bytes)).toEqual(parts.map(({ bytes }) => bytes).sort((a, b) => b - a));
});
