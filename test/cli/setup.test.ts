import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import type { Io } from '../../src/cli/io.js';
import { runHpl } from '../../src/cli/program.js';
import { SetupProgress } from '../../src/cli/setup-progress.js';
import { fusedName, fusedPath, ownTarget } from '../../src/plugins/backends/tensorflow/fused-library.js';
import { installationRecord } from '../../src/plugins/backends/tensorflow/installation.js';
import { temporaryFolder } from '../plugins/packages/temporary-folder.js';

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function hpl(args: readonly string[], env: Io['env']): Promise<Outcome> {
  let [out, err] = ['', ''];
  const code = await runHpl(args, {
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
    env: { NO_COLOR: '1', ...env },
    cwd: '/',
    readInput: () => Promise.resolve(''),
  });
  return { code, out, err };
}

test('what is missing ends setup with exit code 5, the piece and the remedy', async () => {
  const folder = await temporaryFolder();
  expect(await hpl(['setup'], { PATH: folder, HPL_CACHE: folder })).toEqual({
    code: 5,
    out: '',
    err: `\
error g++ was not found in PATH: it compiles the binding between Node and TensorFlow.
tar was not found in PATH: it unpacks the sources of the binding.
npm was not found in PATH: it fetches the sources of the binding.
python3 was not found in PATH: its pip finds the wheel with TensorFlow (nothing of Python is used afterwards).
Install a C++ compiler (Debian, Ubuntu: apt-get install g++). Install tar. Install npm; it comes with Node. Install Python with pip (Debian, Ubuntu: apt-get install python3-pip), or pass --from DIR.
`,
  });
});

/** A cache with a complete installation, but for its fused operations. */
async function readyCache(): Promise<{ readonly cache: string; readonly folder: string }> {
  const cache = await temporaryFolder();
  const folder = join(cache, 'tensorflow-2.21.0-cpu');
  const headers = 'wheel/tensorflow/include/tensorflow';
  for (const file of [
    'lib/tfjs_binding.node',
    'package/dist/nodejs_kernel_backend.js',
    'wheel/tensorflow/libtensorflow_cc.so.2',
    'wheel/tensorflow/libtensorflow_framework.so.2',
    `${headers}/c/kernels.h`,
    `${headers}/core/common_runtime/next_pluggable_device/c/tf_rendezvous_c_api.h`,
  ]) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), '');
  }
  const record = { variant: 'cpu', tensorflow: '2.21.0', origin: 'tensorflow-cpu==2.21.0' } as const;
  await writeFile(join(folder, 'setup.json'), installationRecord(record));
  return { cache, folder };
}

const wasReady = (folder: string): string => `\
TensorFlow 2.21.0 was ready before: ${folder} (from tensorflow-cpu==2.21.0).
Pipelines use it with "backend = tensorflow" or "backend = auto"; "npx hpl doctor" shows every backend.
`;

test('what is ready already is said, and nothing is done', async () => {
  const { cache, folder } = await readyCache();
  await writeFile(fusedPath(folder, await fusedName(ownTarget())), '');
  expect(await hpl(['setup'], { PATH: '/nowhere', HPL_CACHE: cache })).toEqual({
    code: 0,
    out: wasReady(folder),
    err: '',
  });
});

test('fused operations that cannot be compiled are no failure', async () => {
  const { cache, folder } = await readyCache();
  const tools = await temporaryFolder();
  await writeFile(join(tools, 'g++'), '#!/bin/sh\necho "/usr/bin/ld: cannot find -lmvec" >&2\nexit 1\n');
  await chmod(join(tools, 'g++'), 0o755);
  expect(await hpl(['setup'], { PATH: tools, HPL_CACHE: cache })).toEqual({
    code: 0,
    out: `\
${wasReady(folder)}\
Fused operations are not there. g++ could not compile them:
/usr/bin/ld: cannot find -lmvec
Training is slower without them; nothing else changes. Use g++ 9 or later with glibc, and a TensorFlow whose headers are complete; then run "npx hpl setup" again.
`,
    err: 'Compiling fused operations.\n',
  });
});

const mebibyte = 2 ** 20;

function shown(isTTY: boolean): string {
  let text = '';
  const progress = new SetupProgress({ isTTY, write: (more: string) => (text += more) });
  const file = 'tensorflow.whl';
  progress.show({ type: 'step', message: 'Downloading tensorflow.whl.' }, 0);
  for (let part = 0; part <= 10; part += 1)
    progress.show({ type: 'progress', file, bytes: part * 20 * mebibyte, of: 200 * mebibyte }, part * 1000);
  progress.show({ type: 'step', message: 'Compiling the binding.' }, 11_000);
  progress.close();
  return text;
}

test('in a log, a download writes a line each quarter', () => {
  expect(shown(false)).toBe(`\
Downloading tensorflow.whl.
   30 %  60 of 200 MiB, 21 MB/s
   50 %  100 of 200 MiB, 21 MB/s
   80 %  160 of 200 MiB, 21 MB/s
  100 %  200 of 200 MiB, 21 MB/s
Compiling the binding.
`);
});

test('on a terminal, a download keeps to one line', () => {
  const lines = shown(true).split('\n');
  expect(lines).toHaveLength(4);
  expect(lines[1]?.split('\r\u001b[2K').at(-1)).toBe('  100 %  200 of 200 MiB, 21 MB/s');
});
