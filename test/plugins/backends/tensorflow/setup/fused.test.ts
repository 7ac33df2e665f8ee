import { mkdir, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  describeLack,
  findFused,
  fusedName,
  fusedPath,
} from '../../../../../src/plugins/backends/tensorflow/fused-library.js';
import { setUp } from '../../../../../src/plugins/backends/tensorflow/setup/setup.js';
import { compiler, fakeMachine, type FakeMachine } from './fake-machine.js';

const ignore = (): void => undefined;

/** A machine that was set up, and the calls that brought it there forgotten. */
async function readyMachine(): Promise<FakeMachine & { readonly installed: string }> {
  const machine = await fakeMachine();
  const { installation } = await setUp(machine.request, ignore);
  const before = (await machine.calls()).length;
  return {
    ...machine,
    installed: installation.folder,
    calls: async () => (await machine.calls()).slice(before),
  };
}

const libraries = async (installed: string): Promise<readonly string[]> =>
  (await readdir(join(installed, 'lib'))).filter((file) => file !== 'tfjs_binding.node');

test('fused operations are compiled once, into a file that is named after sources and processor', async () => {
  const machine = await fakeMachine();
  const first = await setUp(machine.request, ignore);
  expect(first.fused).toEqual({ ready: true, already: false });
  const path = fusedPath(first.installation.folder, await fusedName(machine.request.fused));
  expect(path).toMatch(/\/lib\/fused-[0-9a-f]{8}-[0-9a-f]{12}\.node$/);
  expect(await findFused(first.installation.folder, machine.request.fused)).toEqual({ ready: true, path });
  const calls = await machine.calls();
  expect((await setUp(machine.request, ignore)).fused).toEqual({ ready: true, already: true });
  expect(await machine.calls()).toEqual(calls);
});

test('other sources are compiled without any download, and words about them change nothing', async () => {
  const { request, installed, calls } = await readyMachine();
  await writeFile(join(request.fused.sources, 'README.md'), 'Other words.');
  expect((await setUp(request, ignore)).fused).toEqual({ ready: true, already: true });
  await writeFile(join(request.fused.sources, 'sums.h'), 'int sums();');
  expect(await findFused(installed, request.fused)).toMatchObject({ ready: false });
  const steps: string[] = [];
  const outcome = await setUp(request, (event) => {
    if (event.type === 'step') steps.push(event.message);
  });
  expect(outcome).toMatchObject({ already: true, fused: { ready: true, already: false } });
  expect(steps).toEqual(['Compiling fused operations.']);
  expect(await calls()).toEqual(['g++', 'node']);
  expect(await readdir(request.cache)).toEqual(['tensorflow-2.21.0-cpu']);
  expect((await findFused(installed, request.fused)).ready).toBe(true);
});

test('operations that were compiled for another processor are not taken, and stay for that one', async () => {
  const { request, installed } = await readyMachine();
  const other = { ...request.fused, processor: 'another processor' };
  const found = await findFused(installed, other);
  expect(found.ready ? '' : describeLack(found.lack)).toBe(
    'Fused operations are not there. They were not compiled for this processor and this version of hpl.\n' +
      'Training is slower without them; nothing else changes. Run "npx hpl setup".',
  );
  expect((await setUp({ ...request, fused: other }, ignore)).fused).toEqual({ ready: true, already: false });
  expect((await findFused(installed, request.fused)).ready).toBe(true);
  expect((await findFused(installed, other)).ready).toBe(true);
});

test('of the libraries of other versions the three youngest stay', async () => {
  const { request, installed } = await readyMachine();
  for (let version = 1; version <= 5; version += 1) {
    for (const file of await libraries(installed))
      await utimes(join(installed, 'lib', file), 1000 - version, 1000 - version);
    await writeFile(join(request.fused.sources, 'sums.cc'), `int version = ${version};`);
    await setUp(request, ignore);
  }
  expect(await libraries(installed)).toHaveLength(4);
  expect((await findFused(installed, request.fused)).ready).toBe(true);
});

test('where they cannot be compiled, setup succeeds and says why, what follows, and the remedy', async () => {
  const { request, installed, replace, calls } = await readyMachine();
  await writeFile(join(request.fused.sources, 'sums.cc'), '#include "tensorflow/c/kernels.h"');
  await replace(
    'g++',
    'echo "sums.cc:1:10: fatal error: tensorflow/c/kernels.h: No such file or directory" >&2; exit 1',
  );
  const { already, fused } = await setUp(request, ignore);
  expect(already).toBe(true);
  const text =
    'Fused operations are not there. g++ could not compile them:\n' +
    'sums.cc:1:10: fatal error: tensorflow/c/kernels.h: No such file or directory\n' +
    'Training is slower without them; nothing else changes. Use g++ 9 or later with glibc, and a TensorFlow whose ' +
    'headers are complete; then run "npx hpl setup" again.';
  expect(fused.ready ? '' : describeLack(fused.lack)).toBe(text);
  // The doctor knows it from the installation, and a later setup tries again.
  const found = await findFused(installed, request.fused);
  expect(found.ready ? '' : describeLack(found.lack)).toBe(text);
  await replace('g++', compiler);
  expect((await setUp(request, ignore)).fused).toEqual({ ready: true, already: false });
  expect(await calls()).toEqual(['g++', 'g++', 'node']);
  expect((await libraries(installed)).filter((file) => !file.endsWith('.node'))).toEqual([]);
});

test.each([
  ['end the process', 'echo "Illegal instruction" >&2; exit 132', 'exit 132):\nIllegal instruction'],
  ['compute wrongly', `echo '{"fused":[1,2,3]}'`, 'exit 0):\n{"fused":[1,2,3]}'],
])('operations that %s are not taken for ready', async (_, script, words) => {
  const { request, installed, replace } = await readyMachine();
  await writeFile(join(request.fused.sources, 'sums.cc'), 'int changed;');
  const before = await libraries(installed);
  await replace('node', script);
  expect((await setUp(request, ignore)).fused).toEqual({
    ready: false,
    lack: {
      reason: `They were compiled but do not work here (${words}`,
      remedy: 'Use another g++, 9 or later; then run "npx hpl setup" again.',
    },
  });
  expect((await libraries(installed)).filter((file) => file.endsWith('.node'))).toEqual(before);
});

test('an installation without a compiler stays ready, and the compiler is named', async () => {
  const { request, remove } = await readyMachine();
  await writeFile(join(request.fused.sources, 'sums.cc'), 'int changed;');
  await remove('g++');
  expect(await setUp(request, ignore)).toMatchObject({
    already: true,
    fused: {
      ready: false,
      lack: {
        reason: 'g++ was not found in PATH: it compiles fused operations.',
        remedy:
          'Install a C++ compiler (Debian, Ubuntu: apt-get install g++). Then run "npx hpl setup" again.',
      },
    },
  });
});

test('an older installation without the headers for own operations is made again', async () => {
  const { request, installed, calls } = await readyMachine();
  await rm(join(installed, 'wheel/tensorflow/include/tensorflow/core/common_runtime'), { recursive: true });
  const { already, fused } = await setUp(request, ignore);
  expect({ already, fused }).toEqual({ already: false, fused: { ready: true, already: false } });
  expect(await calls()).toEqual(['npm', 'python3', 'g++', 'node', 'g++', 'node']);
});

test('a TensorFlow at hand that lacks these headers is not replaced by another', async () => {
  const { folder, request } = await fakeMachine();
  const from = join(folder, 'at hand');
  await mkdir(join(from, 'tensorflow/include/tensorflow/c'), { recursive: true });
  for (const library of ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'])
    await writeFile(join(from, 'tensorflow', library), 'library');
  await setUp({ ...request, from }, ignore);
  const { already, installation } = await setUp(request, ignore);
  expect({ already, origin: installation.origin }).toEqual({ already: true, origin: from });
});
