import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readInstallation } from '../../../../../src/plugins/backends/tensorflow/installation.js';
import { requireSpace } from '../../../../../src/plugins/packages/disk-space.js';
import { setUp } from '../../../../../src/plugins/backends/tensorflow/setup/setup.js';
import { compiler, fakeMachine } from './fake-machine.js';
import { smallWheel, zipFile } from '../../../packages/zip-file.js';

const ignore = (): void => undefined;

test('setup ends with an installation that the backend finds, and leaves nothing else behind', async () => {
  const { request } = await fakeMachine();
  const steps: string[] = [];
  const { installation, already } = await setUp(request, (event) => {
    if (event.type === 'step') steps.push(event.message);
  });
  expect(already).toBe(false);
  expect(await readInstallation(installation.folder)).toEqual({ ok: true, value: installation });
  expect(installation).toMatchObject({
    variant: 'cpu',
    tensorflow: '2.21.0',
    origin: 'tensorflow-cpu==2.21.0',
  });
  expect(await readdir(request.cache)).toEqual(['tensorflow-2.21.0-cpu']);
  expect(steps).toEqual([
    'Fetching fake-binding 1.0.0.',
    'Asking pip for tensorflow-cpu==2.21.0.',
    'Downloading tensorflow_cpu-2.21.0-cp311.whl.',
    'Unpacking tensorflow_cpu-2.21.0-cp311.whl.',
    'Compiling the binding.',
    'Trying TensorFlow.',
    'Compiling fused operations.',
  ]);
});

test('a second setup calls no program', async () => {
  const { request, calls } = await fakeMachine();
  await setUp(request, ignore);
  const before = await calls();
  const { already } = await setUp(request, ignore);
  expect(already).toBe(true);
  expect(before).toEqual(['npm', 'python3', 'g++', 'node', 'g++', 'node']);
  expect(await calls()).toEqual(before);
});

test('after a step that failed, what was downloaded is used again and nothing counts as ready', async () => {
  const machine = await fakeMachine();
  await machine.replace('g++', 'echo "tfjs_backend.cc:1: error: no such thing" >&2; exit 1');
  await expect(setUp(machine.request, ignore)).rejects.toMatchObject({
    name: 'MissingPiece',
    message: 'g++ could not compile the binding:\ntfjs_backend.cc:1: error: no such thing',
  });
  expect((await readInstallation(join(machine.request.cache, 'tensorflow-2.21.0-cpu'))).ok).toBe(false);
  await machine.replace('g++', compiler);
  const bytes: number[] = [];
  const { already } = await setUp(machine.request, (event) => {
    if (event.type === 'progress') bytes.push(event.bytes);
  });
  expect(already).toBe(false);
  expect(bytes).toEqual([]);
});

test('every missing program is named in one go, with what it is for', async () => {
  const machine = await fakeMachine();
  await machine.remove('g++');
  await machine.remove('python3');
  await expect(setUp(machine.request, ignore)).rejects.toMatchObject({
    message:
      'g++ was not found in PATH: it compiles the binding between Node and TensorFlow.\n' +
      'python3 was not found in PATH: its pip finds the wheel with TensorFlow (nothing of Python is used afterwards).',
    remedy:
      'Install a C++ compiler (Debian, Ubuntu: apt-get install g++). ' +
      'Install Python with pip (Debian, Ubuntu: apt-get install python3-pip), or pass --from DIR.',
  });
  expect(await machine.calls()).toEqual([]);
});

test.each([
  [
    'Python without pip',
    '/usr/bin/python3: No module named pip',
    'Python has no pip, which finds the wheel with TensorFlow.',
  ],
  [
    'a pip that cannot report',
    'no such option: --report',
    'pip is too old: 22.2 or later can say where a wheel lies.',
  ],
  [
    'an index without TensorFlow',
    'ERROR: No matching distribution found for tensorflow-cpu==2.21.0',
    'pip did not find tensorflow-cpu==2.21.0:\nERROR: No matching distribution found for tensorflow-cpu==2.21.0',
  ],
])('%s is named', async (_, words, message) => {
  const { request, replace } = await fakeMachine();
  await replace('python3', `echo "${words}" >&2; exit 1`);
  await expect(setUp(request, ignore)).rejects.toMatchObject({ name: 'MissingPiece', message });
});

test("a registry that npm cannot reach is named with npm's words", async () => {
  const { request, replace } = await fakeMachine();
  await replace('npm', 'echo "npm error network ENOTFOUND" >&2; exit 1');
  await expect(setUp(request, ignore)).rejects.toMatchObject({
    message: 'npm could not fetch fake-binding@1.0.0:\nnpm error network ENOTFOUND',
    remedy: expect.stringContaining('put fake-binding-1.0.0.tgz') as string,
  });
});

test('a package with other contents than hpl was written for is refused', async () => {
  const { request } = await fakeMachine();
  const binding = { ...request.packages.binding, integrity: 'sha512-other' };
  await expect(setUp({ ...request, packages: { ...request.packages, binding } }, ignore)).rejects.toThrow(
    'is not fake-binding 1.0.0: its SHA-512 differs',
  );
});

test('a library that does not work on this machine is not taken for ready', async () => {
  const { request, replace } = await fakeMachine();
  await replace('node', 'echo "node: symbol lookup error: undefined symbol: TFE_NewContext" >&2; exit 127');
  await expect(setUp(request, ignore)).rejects.toThrow(
    'TensorFlow was built in but does not work here (exit 127):\nnode: symbol lookup error: undefined symbol: TFE_NewContext',
  );
  expect(await readdir(request.cache)).not.toContain('tensorflow-2.21.0-cpu');
});

test('a wheel without the C interface is named', async () => {
  const { request } = await fakeMachine(zipFile([{ name: 'tensorflow/__init__.py', content: '' }]));
  await expect(setUp(request, ignore)).rejects.toThrow(
    'tensorflow-cpu==2.21.0 lacks libtensorflow_cc.so.2 or libtensorflow_framework.so.2.',
  );
});

test('another system than Linux on x86-64 is told to use wasm', async () => {
  const { request } = await fakeMachine();
  await expect(setUp({ ...request, platform: 'darwin-arm64' }, ignore)).rejects.toMatchObject({
    message: 'TensorFlow is set up on linux-x64 alone; this is darwin-arm64.',
    remedy: 'Use backend = wasm, which needs no setup.',
  });
});

test('a cache that cannot be written is named', async () => {
  const { folder, request } = await fakeMachine();
  await writeFile(join(folder, 'file'), '');
  const cache = join(folder, 'file', 'cache');
  await expect(setUp({ ...request, cache }, ignore)).rejects.toThrow(
    `The cache folder ${join(cache, 'downloads')} cannot be written.`,
  );
});

test('too small a disk is refused before anything is downloaded', async () => {
  await expect(
    requireSpace('/cache', { work: 'setting up TensorFlow', bytes: 10 * 2 ** 30 }, () =>
      Promise.resolve(2 ** 32),
    ),
  ).rejects.toMatchObject({
    message: '/cache has 4 GiB free; setting up TensorFlow needs 10 GiB.',
    remedy: 'Free some space, or set HPL_CACHE to a folder on a larger disk.',
  });
  await requireSpace('/cache', { work: 'a small model', bytes: 2 ** 30 }, () => Promise.resolve(2 ** 32));
});

test('two setups at once do not disturb each other; the lock of a dead one is taken over', async () => {
  const { request } = await fakeMachine();
  const lock = join(request.cache, 'downloads', 'lock');
  await mkdir(join(request.cache, 'downloads'), { recursive: true });
  await writeFile(lock, String(process.pid));
  await expect(setUp(request, ignore)).rejects.toThrow(
    `Another "hpl setup" (process ${process.pid}) works in this cache.`,
  );
  await writeFile(lock, '4194305'); // Above the largest process id of Linux.
  expect((await setUp(request, ignore)).already).toBe(false);
});

test('--from takes a wheel that is at hand, and asks neither pip nor Python', async () => {
  const { folder, request, calls, remove } = await fakeMachine();
  await remove('python3');
  await mkdir(join(folder, 'wheels'));
  await writeFile(join(folder, 'wheels', 'tensorflow_cpu-2.21.0.whl'), smallWheel);
  const { installation } = await setUp({ ...request, from: join(folder, 'wheels') }, ignore);
  expect(installation.origin).toBe(join(folder, 'wheels'));
  expect(await calls()).toEqual(['npm', 'g++', 'node', 'g++', 'node']);
  expect(await readFile(join(installation.folder, 'wheel/tensorflow/libtensorflow_cc.so.2'), 'utf8')).toBe(
    'main library',
  );
});

test('--from with the npm packages beside the wheel needs no network at all', async () => {
  const { folder, request, calls } = await fakeMachine();
  await writeFile(join(folder, 'registry', 'tensorflow_cpu-2.21.0.whl'), smallWheel);
  await setUp({ ...request, from: join(folder, 'registry') }, ignore);
  expect(await calls()).toEqual(['g++', 'node', 'g++', 'node']);
});

test.each([
  ['a site-packages folder', 'tensorflow', 'tensorflow/include', 'libtensorflow_cc.so.2'],
  ['an unpacked libtensorflow', 'lib', 'include', 'libtensorflow.so.2'],
])('--from links to %s', async (_, libraries, headers, library) => {
  const { folder, request } = await fakeMachine();
  const from = join(folder, 'at hand');
  await mkdir(join(from, headers, 'tensorflow/c'), { recursive: true });
  await mkdir(join(from, libraries), { recursive: true });
  await writeFile(join(from, libraries, library), 'main library');
  await writeFile(join(from, libraries, 'libtensorflow_framework.so.2'), 'framework library');
  const { installation } = await setUp({ ...request, from }, ignore);
  const linked = join(installation.folder, 'wheel/tensorflow');
  expect(await readFile(join(linked, library), 'utf8')).toBe('main library');
  expect((await setUp({ ...request, from }, ignore)).already).toBe(true);
});

test('--from with a folder that holds no TensorFlow says what it may hold', async () => {
  const { folder, request } = await fakeMachine();
  await expect(setUp({ ...request, from: join(folder, 'registry') }, ignore)).rejects.toThrow(
    `${join(folder, 'registry')} holds no TensorFlow that hpl knows: neither a wheel (tensorflow*.whl), nor ` +
      'tensorflow/include (a site-packages folder), nor lib and include (an unpacked libtensorflow).',
  );
  await expect(setUp({ ...request, from: join(folder, 'absent') }, ignore)).rejects.toThrow(
    `The folder ${join(folder, 'absent')} cannot be read.`,
  );
});
