import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { unpackWheel } from '../../../../../src/plugins/backends/tensorflow/setup/unpack-wheel.js';
import { temporaryFolder } from '../../../packages/temporary-folder.js';
import { smallWheel, zipFile } from '../../../packages/zip-file.js';

async function unpacked(archive: Buffer): Promise<{ folder: string; files: readonly string[] }> {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'some.whl'), archive);
  await unpackWheel(join(folder, 'some.whl'), join(folder, 'out'));
  const entries = await readdir(join(folder, 'out'), { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  return { folder, files: files.map((file) => file.slice(join(folder, 'out').length + 1)).sort() };
}

test('of a wheel, the two libraries and the headers of the C interface are taken', async () => {
  const { folder, files } = await unpacked(smallWheel);
  expect(files).toEqual([
    'tensorflow/include/tensorflow/c/c_api.h',
    'tensorflow/include/tensorflow/core/common_runtime/next_pluggable_device/c/tf_rendezvous_c_api.h',
    'tensorflow/libtensorflow_cc.so.2',
    'tensorflow/libtensorflow_framework.so.2',
  ]);
  expect(await readFile(join(folder, 'out/tensorflow/libtensorflow_cc.so.2'), 'utf8')).toBe('main library');
});

test('of the wheels of CUDA, libraries and programs are taken, and programs stay executable', async () => {
  const { folder, files } = await unpacked(
    zipFile([
      { name: 'nvidia/cudnn/lib/libcudnn.so.9', content: 'library' },
      { name: 'nvidia/cudnn/include/cudnn.h', content: '// not needed' },
      { name: 'nvidia/cuda_nvcc/bin/ptxas', content: 'program', mode: 0o755 },
      { name: 'nvidia/cuda_nvcc/nvvm/libdevice/libdevice.10.bc', content: 'device code' },
    ]),
  );
  expect(files).toEqual([
    'nvidia/cuda_nvcc/bin/ptxas',
    'nvidia/cuda_nvcc/nvvm/libdevice/libdevice.10.bc',
    'nvidia/cudnn/lib/libcudnn.so.9',
  ]);
  expect((await stat(join(folder, 'out/nvidia/cuda_nvcc/bin/ptxas'))).mode & 0o111).toBe(0o111);
  expect((await stat(join(folder, 'out/nvidia/cudnn/lib/libcudnn.so.9'))).mode & 0o111).toBe(0);
});

test.each([
  ['a truncated archive', smallWheel.subarray(0, 200)],
  ['a file that is no archive', Buffer.from('<html>Sign in to the network</html>')],
  ['an archive that writes outside its folder', zipFile([{ name: '../escape.h', content: 'x' }])],
])('%s is refused by name', async (_, archive) => {
  await expect(unpacked(archive)).rejects.toMatchObject({
    name: 'MissingPiece',
    message: expect.stringMatching(/^some\.whl could not be unpacked: .+\.$/) as string,
  });
});
