import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from '../../../../../src/base/hash.js';
import type { FusedTarget } from '../../../../../src/plugins/backends/tensorflow/fused-library.js';
import { fusedTrial } from '../../../../../src/plugins/backends/tensorflow/fused-trial.js';
import type {
  SetupPackages,
  SetupRequest,
} from '../../../../../src/plugins/backends/tensorflow/setup/setup-request.js';
import { serve, startServer } from '../../../packages/file-server.js';
import { temporaryFolder } from '../../../packages/temporary-folder.js';
import { smallWheel } from '../../../packages/zip-file.js';

/** Writes one line into the file that the real one would write. */
export const compiler = 'while [ "$1" != "-o" ]; do shift; done; echo library > "$2"';

/** What is printed where the binding is tried. */
const sum = `echo '{"version":"2.21.0","sum":[2,4]}'`;

/** What is printed where fused operations are tried: the numbers from -18 to 18 have the mean square 114. */
const normalised = `echo '${JSON.stringify({ fused: fusedTrial.x.map((x) => x / Math.sqrt(114.5)) })}'`;

/** A machine with small stand-ins for pip, npm, the compiler and Node; tar is the real one. */
export interface FakeMachine {
  readonly folder: string;
  readonly request: SetupRequest & { readonly packages: SetupPackages; readonly fused: FusedTarget };
  /** The programs that were called, in order. */
  readonly calls: () => Promise<readonly string[]>;
  /** Replaces a program by a shell script. */
  readonly replace: (tool: string, script: string) => Promise<void>;
  readonly remove: (tool: string) => Promise<void>;
}

/** Makes a machine on which setup succeeds; `wheel` is what its package index serves. */
export async function fakeMachine(wheel = smallWheel): Promise<FakeMachine> {
  const folder = await temporaryFolder();
  const [tools, log] = [join(folder, 'bin'), join(folder, 'calls')];
  await mkdir(tools);
  for (const tool of ['tar', 'gzip', 'sh', 'cat', 'cp']) await symlink(which(tool), join(tools, tool));
  const replace = async (tool: string, script: string): Promise<void> => {
    await writeFile(join(tools, tool), `#!/bin/sh\necho ${tool} >> ${log}\n${script}\n`);
    await chmod(join(tools, tool), 0o755);
  };
  const url = await startServer(serve(wheel));
  await writeFile(join(folder, 'report.json'), report(`${url}/tensorflow_cpu-2.21.0-cp311.whl`, wheel));
  await replace('python3', `cat ${join(folder, 'report.json')}`);
  // `npm pack NAME --silent --pack-destination FOLDER`
  await replace('npm', `cp ${join(folder, 'registry')}/*.tgz "$5"`);
  await replace('g++', compiler);
  await replace('node', `case "$#" in 3) ${sum};; *) ${normalised};; esac`);
  return {
    folder,
    request: {
      variant: 'cpu',
      cache: join(folder, 'cache'),
      environment: { PATH: tools },
      platform: 'linux-x64',
      node: join(tools, 'node'),
      pid: process.pid,
      packages: await packages(folder),
      fused: { sources: await sources(folder), processor: 'a processor' },
    },
    replace,
    calls: async () => (await readFile(log, 'utf8').catch(() => '')).split('\n').filter(Boolean),
    remove: (tool) => rm(join(tools, tool)),
  };
}

function which(tool: string): string {
  return execFileSync('/bin/sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).trim();
}

/** What pip prints with `--report -`, as far as setup reads it. */
function report(url: string, wheel: Buffer): string {
  const install = [{ download_info: { url, archive_info: { hashes: { sha256: sha256(wheel) } } } }];
  return JSON.stringify({ version: '1', install });
}

/** C++ files, and one that is none. */
async function sources(folder: string): Promise<string> {
  const native = join(folder, 'native');
  await mkdir(native);
  for (const file of ['sums.cc', 'sums.h', 'README.md']) await writeFile(join(native, file), '');
  return native;
}

async function packages(folder: string): Promise<SetupPackages> {
  const registry = join(folder, 'registry');
  await mkdir(registry);
  return {
    binding: await pack(folder, 'fake-binding', ['dist/nodejs_kernel_backend.js', 'binding/tfjs_backend.cc']),
    headers: await pack(folder, 'fake-headers', ['include/node_api.h']),
  };
}

async function pack(
  folder: string,
  name: string,
  files: readonly string[],
): Promise<SetupPackages['binding']> {
  for (const file of files) {
    const path = join(folder, name, 'package', file);
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(path, '');
  }
  const archive = join(folder, 'registry', `${name}-1.0.0.tgz`);
  execFileSync('tar', ['-czf', archive, '-C', join(folder, name), 'package']);
  const digest = createHash('sha512').update(await readFile(archive));
  return { name, version: '1.0.0', integrity: `sha512-${digest.digest('base64')}` };
}
