import { beforeAll, expect, test } from 'vitest';
import type { ModelConfig } from '../../../src/model/config.js';
import type { PlannedWork } from '../../../src/plugins/memory/estimate-work.js';
import { refuseExcess } from '../../../src/plugins/memory/refuse-excess.js';
import { useBackend } from '../../model/tensors.js';

const gibibyte = 2 ** 30;

/** The shape of Llama 3.1 8B. */
const large: ModelConfig = {
  hiddenSize: 4096,
  layers: 32,
  heads: 32,
  keyValueHeads: 8,
  headSize: 128,
  intermediateSize: 14336,
  vocabularySize: 128_256,
  contextLength: 131_072,
  ropeTheta: 500_000,
  rmsNormEpsilon: 1e-5,
  tiedEmbeddings: false,
};

const transfer: PlannedWork = {
  work: 'transfer',
  rows: 1,
  context: 1024,
  precision: 'float32',
  features: 256,
  window: 64,
  trainedNumbers: 0,
};

const memory = (gib: number) => ({
  bytes: gib * gibibyte,
  origin: `${gib} GiB on this machine, less what the system keeps`,
});

beforeAll(() => useBackend('cpu'));

test('weights that do not fit are refused with what they take and the way to halve them', () => {
  expect(() => {
    refuseExcess(large, transfer, memory(16));
  }).toThrow(
    /^This would need about 3[\d.]+ GiB of memory, and there are 16 GiB for it \(16 GiB on this machine, less what the system keeps\)\. Most of it: the weights 29\.9 GiB, activations \d.+\. Keep the weights in half the memory \(precision = bf16 in the model stage, on the backend tensorflow\), use a smaller model, or a machine with more memory\. This stage has computed nothing yet\. HPL_MEMORY_GIB sets another limit, where the estimate is wrong\.$/,
  );
});

test('where halving was done already it is not proposed again', () => {
  const half = { ...transfer, precision: 'bfloat16' } as const;
  expect(() => {
    refuseExcess(large, half, memory(8));
  }).toThrow(/the weights 1[\d.]+ GiB.+ Use a smaller model, or a machine with more memory\. /);
});

test('a batch that does not fit is refused with its size', () => {
  expect(() => {
    refuseExcess(large, { ...transfer, rows: 64, context: 4096 }, memory(40));
  }).toThrow(/ Most of it: activations .+ Lower the batch \(64\) or the context \(4096 tokens\)\. /);
});

test('a smaller batch is not proposed where it would not do', () => {
  const wide = { ...transfer, rows: 64, context: 4096 };
  expect(() => {
    refuseExcess(large, wide, memory(16));
  }).toThrow(/ Most of it: activations .+ Keep the weights in half the memory /);
  expect(() => {
    refuseExcess(large, wide, memory(0.1));
  }).toThrow(/ Most of it: activations .+ Use a machine with more memory\. /);
});

test('too much to train is refused with what to train less of', () => {
  expect(() => {
    refuseExcess(large, { ...transfer, trainedNumbers: 2e9 }, memory(64));
  }).toThrow(/ Train less at once: a lower rank, smaller feature maps, fewer targets\. /);
});

test('what fits is not refused', () => {
  expect(() => {
    refuseExcess(large, transfer, memory(64));
  }).not.toThrow();
});

test('WebAssembly cannot address more than 4 GiB, whatever the machine has', async () => {
  await useBackend('wasm');
  expect(() => {
    refuseExcess(large, transfer);
  }).toThrow(/4 GiB for it \(what WebAssembly can address; the backend tensorflow takes more\)/);
  await useBackend('cpu');
});
