import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { model } from '../../../src/plugins/stages/model/plugin.js';
import { loadModel } from '../../../src/plugins/model-artifact.js';
import { writeGgufFolder } from '../../../src/model/weights/gguf-folder.js';
import { useBackend } from '../../model/tensors.js';
import { commit, type StubHub } from '../hub/stub-hub.js';
import { stageBench, type StageBench } from '../stage-bench.js';
import { eachInHub } from '../hub/with-hub.js';

const references = join(import.meta.dirname, '../../reference');
let bench: StageBench;
let hub: StubHub;

beforeAll(async () => {
  await useBackend('cpu');
  bench = await stageBench();
});
afterAll(() => bench.remove());

eachInHub(
  async (home) => {
    await writeGgufFolder(join(references, 'gguf/qwen3.gguf'), join(home, 'tokenizer'));
    const folder = join(references, 'families/qwen3');
    return new Map([
      ['config.json', await readFile(join(folder, 'config.json'))],
      ['model.safetensors', await readFile(join(folder, 'model.safetensors'))],
      ['tokenizer.json', await readFile(join(home, 'tokenizer/tokenizer.json'))],
    ]);
  },
  (made) => ({ hub } = made),
);

test('a repository is a source: its files are fetched, checked and linked', async () => {
  const events = await bench.run('model', 'from-hub', { repository: 'maker/tiny', revision: 'main' });
  expect(events.at(-1)).toMatchObject({ type: 'output', summary: { parameters: 6512, commit } });
  const loaded = await loadModel(bench.artifact('from-hub'), bench.context('reader'));
  expect(loaded.llama.config.family).toBe('qwen3');
  loaded.dispose();
});

test('a hub that refuses is a failure that the user can mend', async () => {
  hub.faults = { status: 404 };
  await expect(bench.run('model', 'refused', { repository: 'maker/tiny' })).rejects.toMatchObject({
    name: 'StageFailure',
    message:
      'maker/tiny at main: the hub has no such model or revision (404). Check "repository" and "revision".',
  });
});

test.each<[object, readonly object[]]>([
  [{ source: 'x' }, []],
  [{ repository: 'a/b', revision: 'v1' }, []],
  [
    {},
    [
      {
        pointer: '',
        keyword: 'rule',
        message: 'None of "source", "repository" and "package" is set. Set one of them.',
      },
    ],
  ],
  [
    { source: 'x', repository: 'a/b' },
    [
      {
        pointer: '/repository',
        keyword: 'rule',
        message: 'Both "source" and "repository" are set. Keep one of them.',
      },
    ],
  ],
  [
    { source: 'x', revision: 'main' },
    [
      {
        pointer: '/revision',
        keyword: 'rule',
        message: '"revision" belongs to "repository", not to "source". Remove it.',
      },
    ],
  ],
])('the options %j have the problems %j', (options, problems) => {
  expect(model.check(options as Parameters<typeof model.check>[0])).toEqual(problems);
});

test.each(['../etc/passwd', 'a/..', 'a b', ''])('the repository "%s" and revision are no paths', (name) => {
  const { repository, revision } = model.options.properties;
  expect(name).not.toMatch(new RegExp(repository!.pattern!));
  expect(name).not.toMatch(new RegExp(revision!.pattern!));
});
