import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hashCode, hashModule } from '../../src/runtime/code-hash.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hpl-code-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function write(name: string, text: string): Promise<void> {
  await mkdir(dirname(join(folder, name)), { recursive: true });
  await writeFile(join(folder, name), text);
}

async function writePlugin(): Promise<void> {
  await write(
    'plugin.ts',
    "import { slope } from './parts/slope.js';\nimport * as tf from '@tensorflow/tfjs';",
  );
  await write(
    'parts/slope.ts',
    "export { scale } from '../scale';\nconst late = await import('./late.mjs');",
  );
  await write('scale.ts', "import '../nowhere.js';\nimport { slope } from './parts/slope.js';");
  await write('parts/late.mjs', 'export const late = 1;');
  await write('stranger.ts', 'export const stranger = 1;');
}

const hashOfPlugin = (): Promise<string> => hashModule(join(folder, 'plugin.ts'));

test.each(['plugin.ts', 'parts/slope.ts', 'scale.ts', 'parts/late.mjs'])(
  'a change of %s, which the plugin is or imports, is another hash',
  async (name) => {
    await writePlugin();
    const before = await hashOfPlugin();
    expect(await hashOfPlugin()).toBe(before);
    await write(name, '// changed');
    expect(await hashOfPlugin()).not.toBe(before);
  },
);

test('what the plugin does not import, and where the project lies, change nothing', async () => {
  await writePlugin();
  const before = await hashOfPlugin();
  await write('stranger.ts', '// changed');
  expect(await hashOfPlugin()).toBe(before);
  await write('moved/keep', '');
  for (const name of ['plugin.ts', 'parts', 'scale.ts'])
    await rename(join(folder, name), join(folder, 'moved', name));
  expect(await hashModule(join(folder, 'moved/plugin.ts'))).toBe(before);
});

test.each([
  ['model.py', 'a = 1', 'a = 2'],
  ['sums.cc', 'int a = 1;', 'int a = 2;'],
  ['sums.h', 'int a();', 'long a();'],
])('%s is code, declarations and maps are none', async (file, text, changed) => {
  await write(file, text);
  const before = await hashCode([folder]);
  await write('model.d.ts', 'declare const a: number;');
  await write('model.js.map', '{}');
  expect(await hashCode([folder])).toBe(before);
  await write(file, changed);
  expect(await hashCode([folder])).not.toBe(before);
});
