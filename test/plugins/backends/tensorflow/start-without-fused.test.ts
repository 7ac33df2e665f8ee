import * as tf from '@tensorflow/tfjs';
import { copyFile, mkdir, symlink, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { expect, test, type TestContext } from 'vitest';
import { hasFusedOperations } from '../../../../src/model/native/fused.js';
import {
  fusedName,
  fusedPath,
  ownTarget,
  type FusedTarget,
} from '../../../../src/plugins/backends/tensorflow/fused-library.js';
import { readInstallation } from '../../../../src/plugins/backends/tensorflow/installation.js';
import { installationFolder } from '../../../../src/plugins/backends/tensorflow/location.js';
import { TensorflowBackend } from '../../../../src/plugins/backends/tensorflow/tensorflow-backend.js';
import { cacheFolder } from '../../../../src/plugins/packages/cache-folder.js';
import { temporaryFolder } from '../../packages/temporary-folder.js';

/** The installation of this machine in a cache of its own, with this as the library for `target`. */
async function backendWith(
  target: FusedTarget,
  library: string,
  { skip }: TestContext,
): Promise<TensorflowBackend> {
  const present = await readInstallation(installationFolder(cacheFolder(process.env, homedir()), 'cpu'));
  if (!present.ok) return skip(present.error);
  const cache = await temporaryFolder();
  const folder = installationFolder(cache, 'cpu');
  await mkdir(join(folder, 'lib'), { recursive: true });
  for (const part of ['package', 'wheel', 'lib/tfjs_binding.node'])
    await symlink(join(present.value.folder, part), join(folder, part));
  await copyFile(join(present.value.folder, 'setup.json'), join(folder, 'setup.json'));
  await writeFile(fusedPath(folder, await fusedName(target)), library);
  const machine = { cache, environment: process.env, platform: 'linux-x64', fused: ownTarget() };
  return new TensorflowBackend(machine, 'cpu');
}

function computes(): void {
  expect([...tf.add(tf.tensor1d([1, 2]), tf.tensor1d([3, 4])).dataSync()]).toEqual([4, 6]);
}

test('operations that were compiled for another processor are left alone', async (context) => {
  const other = { ...ownTarget(), processor: 'another processor' };
  const info = await (await backendWith(other, 'of other instructions', context)).start();
  expect(info.device).toMatch(/oneDNN$/);
  expect(hasFusedOperations()).toBe(false);
  computes();
});

test('a library that cannot be loaded is said, and TensorFlow computes without it', async (context) => {
  const backend = await backendWith(ownTarget(), 'no library', context);
  const warning = new Promise<Error>((resolve) => process.once('warning', resolve));
  const info = await backend.start();
  expect(info.device).toMatch(/oneDNN$/);
  expect(hasFusedOperations()).toBe(false);
  expect((await warning).message).toMatch(
    /^Fused operations cannot be used, so training is slower: .*fused-[0-9a-f-]+\.node: file too short$/,
  );
  computes();
});
