import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseCards } from '../../../../src/plugins/backends/tensorflow/graphics-cards.js';
import {
  fusedName,
  fusedPath,
  type FusedTarget,
} from '../../../../src/plugins/backends/tensorflow/fused-library.js';
import { installationRecord } from '../../../../src/plugins/backends/tensorflow/installation.js';
import type { Variant } from '../../../../src/plugins/backends/tensorflow/location.js';
import { cacheFolder } from '../../../../src/plugins/packages/cache-folder.js';
import { bfloat16Support, processorIdentity } from '../../../../src/plugins/backends/tensorflow/processor.js';
import {
  TensorflowBackend,
  type DeviceChoice,
  type Machine,
} from '../../../../src/plugins/backends/tensorflow/tensorflow-backend.js';
import { temporaryFolder } from '../../packages/temporary-folder.js';

/** What fits the machines here. */
async function fittingOperations(): Promise<FusedTarget> {
  const sources = await temporaryFolder();
  await writeFile(join(sources, 'sums.cc'), 'int sums;');
  return { sources, processor: 'a processor' };
}

/** A machine with these builds set up, whose driver lists these cards. */
async function machine(
  variants: readonly Variant[],
  cards = '',
): Promise<Machine & { readonly fused: FusedTarget }> {
  const folder = await temporaryFolder();
  for (const variant of variants) {
    const installation = join(folder, `tensorflow-2.21.0-${variant}`);
    await mkdir(join(installation, 'lib'), { recursive: true });
    await mkdir(join(installation, 'package/dist'), { recursive: true });
    await writeFile(join(installation, 'lib/tfjs_binding.node'), '');
    await writeFile(join(installation, 'package/dist/nodejs_kernel_backend.js'), '');
    await writeFile(
      join(installation, 'setup.json'),
      installationRecord({ variant, tensorflow: '2.21.0', origin: 'somewhere' }),
    );
  }
  if (cards !== '') {
    await writeFile(join(folder, 'nvidia-smi'), `#!/bin/sh\necho "${cards}"\n`);
    await chmod(join(folder, 'nvidia-smi'), 0o755);
  }
  return {
    cache: folder,
    environment: { PATH: folder, TF_NUM_INTRAOP_THREADS: '3' },
    platform: 'linux-x64',
    fused: await fittingOperations(),
  };
}

const probe = async (on: Machine, device: DeviceChoice = 'auto'): Promise<unknown> =>
  new TensorflowBackend(on, device).probe();

test('a machine without an installation says which command makes one', async () => {
  expect(await probe(await machine([]))).toEqual({
    ready: false,
    reason: 'TensorFlow is not set up on this machine.',
    remedy: 'Run "npx hpl setup".',
  });
});

test('an installation that lost a file is not ready', async () => {
  const on = await machine([]);
  const folder = join(on.cache, 'tensorflow-2.21.0-cpu');
  await mkdir(folder);
  await writeFile(
    join(folder, 'setup.json'),
    installationRecord({ variant: 'cpu', tensorflow: '2.21.0', origin: '' }),
  );
  expect(await probe(on)).toEqual({
    ready: false,
    reason: `${join(folder, 'lib/tfjs_binding.node')} is missing.`,
    remedy: 'Run "npx hpl setup".',
  });
});

test('an installation of another layout is not ready', async () => {
  const on = await machine(['cpu']);
  const folder = join(on.cache, 'tensorflow-2.21.0-cpu');
  await writeFile(join(folder, 'setup.json'), '{"schema":"hpl.tensorflow/99"}');
  expect(await probe(on)).toMatchObject({
    ready: false,
    reason: `${folder} was made by another version of hpl.`,
  });
});

test('a ready installation tells version, device, threads and half precision', async () => {
  const on = await machine(['cpu']);
  const folder = join(on.cache, 'tensorflow-2.21.0-cpu');
  await writeFile(fusedPath(folder, await fusedName(on.fused)), '');
  expect(await probe(on)).toEqual({
    ready: true,
    info: {
      name: 'tensorflow',
      version: 'TensorFlow 2.21.0',
      device: 'cpu, 3 threads, oneDNN, fused operations',
      threads: 3,
      bf16: bfloat16Support(),
    },
  });
});

test('where fused operations that fit are missing, that is advice; on a card nothing is said of them', async () => {
  const on = await machine(['cpu', 'cuda'], 'NVIDIA H200, 143771');
  const folder = join(on.cache, 'tensorflow-2.21.0-cpu');
  await writeFile(fusedPath(folder, await fusedName({ ...on.fused, processor: 'another' })), '');
  const info = { device: 'cpu, 3 threads, oneDNN' };
  const words =
    'Fused operations are not there. They were not compiled for this processor and this version of hpl.\n' +
    'Training is slower without them; nothing else changes. Run "npx hpl setup".';
  expect(await probe(on, 'cpu')).toMatchObject({ ready: true, info, advice: words });
  expect(await probe(on, 'gpu')).not.toHaveProperty('advice');
});

test('device = gpu without a card is refused with the remedy', async () => {
  expect(await probe(await machine(['cpu', 'cuda']), 'gpu')).toEqual({
    ready: false,
    reason: 'No CUDA card is visible (nvidia-smi lists none).',
    remedy: 'Install the NVIDIA driver, or set CUDA_VISIBLE_DEVICES to the card, or use device = cpu.',
  });
});

test('device = gpu with a card but without the CUDA build names the command for it', async () => {
  expect(await probe(await machine(['cpu'], 'NVIDIA H200, 143771'), 'gpu')).toEqual({
    ready: false,
    reason: 'TensorFlow is not set up on this machine.',
    remedy: 'Run "npx hpl setup --cuda".',
  });
});

test.each([
  ['auto', ['cpu', 'cuda'], 'NVIDIA H200, 140 GiB'],
  ['gpu', ['cuda'], 'NVIDIA H200, 140 GiB'],
  ['auto', ['cpu'], 'cpu, 3 threads, oneDNN'],
  ['cpu', ['cuda'], 'cpu, 3 threads, oneDNN'],
] as const)('with a card, device = %s and builds %s computes on %s', async (device, variants, expected) => {
  const on = await machine(variants, 'NVIDIA H200, 143771');
  expect(await probe(on, device)).toMatchObject({ ready: true, info: { device: expected } });
});

test('CUDA_VISIBLE_DEVICES hides cards', async () => {
  const on = await machine(['cuda'], 'NVIDIA H200, 143771');
  for (const hidden of ['', '-1', '1'])
    expect(
      await probe({ ...on, environment: { ...on.environment, CUDA_VISIBLE_DEVICES: hidden } }, 'gpu'),
    ).toMatchObject({ ready: false });
  const shown = { ...on, environment: { ...on.environment, CUDA_VISIBLE_DEVICES: '0' } };
  expect(await probe(shown, 'gpu')).toMatchObject({ ready: true });
});

test('another system is told to use wasm', async () => {
  expect(await probe({ ...(await machine(['cpu'])), platform: 'win32-x64' })).toEqual({
    ready: false,
    reason: 'TensorFlow is set up on linux-x64 alone; this is win32-x64.',
    remedy: 'Use backend = wasm.',
  });
});

test('cards are read line by line; what is no card is left out', () => {
  expect(parseCards('NVIDIA H200, 143771\nNVIDIA A100-SXM4-40GB, 40960\n\nNo devices were found\n')).toEqual([
    { name: 'NVIDIA H200', mebibytes: 143771 },
    { name: 'NVIDIA A100-SXM4-40GB', mebibytes: 40960 },
  ]);
});

test('the cache lies where the environment says', () => {
  expect(cacheFolder({}, '/home/ada')).toBe('/home/ada/.cache/hpl');
  expect(cacheFolder({ XDG_CACHE_HOME: '/caches' }, '/home/ada')).toBe('/caches/hpl');
  expect(cacheFolder({ XDG_CACHE_HOME: '/caches', HPL_CACHE: '/fast' }, '/home/ada')).toBe('/fast');
});

test.each([
  ['flags : fpu avx2 avx512f avx512_bf16', 'native'],
  ['flags : fpu avx2 amx_bf16 amx_tile', 'native'],
  ['flags : fpu avx2 avx512f', 'emulated'],
])('%s multiplies bfloat16: %s', (flags, expected) => {
  expect(bfloat16Support(flags)).toBe(expected);
});

test('a processor is another one with other instructions, not with another kernel or hypervisor', () => {
  const identity = processorIdentity('model name : AMD EPYC', 'flags : fpu sse4_2 hypervisor avx2 ibpb');
  expect(identity).toBe('model name : AMD EPYC avx2 sse4_2');
  expect(processorIdentity('model name : AMD EPYC', 'flags : fpu avx2 sse4_2 md_clear')).toBe(identity);
  expect(processorIdentity('model name : AMD EPYC', 'flags : fpu avx2 sse4_2 avx512f')).not.toBe(identity);
  expect(processorIdentity('model name : Intel Xeon', 'flags : fpu avx2 sse4_2')).not.toBe(identity);
});
