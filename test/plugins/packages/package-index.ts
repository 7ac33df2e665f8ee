import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { sha256 } from '../../../src/base/hash.js';
import { serve, startServer } from './file-server.js';
import { temporaryFolder } from './temporary-folder.js';

/** A machine whose Python is a script that answers as pip does, and whose package index is on loopback. */
export interface PackageIndex {
  readonly folder: string;
  /** hpl's cache on that machine. */
  readonly cache: string;
  readonly environment: { readonly PATH: string };
  /** Address of the wheel. */
  readonly url: string;
  /** What Python was called with, call by call. */
  readonly calls: () => Promise<readonly string[]>;
  /** Replaces what Python does by a shell script. */
  readonly replacePython: (script: string) => Promise<void>;
  readonly removePython: () => Promise<void>;
}

/** An index with one wheel; `answer` replaces how its server behaves. */
export async function packageIndex(
  wheel: Buffer,
  answer: (request: IncomingMessage, response: ServerResponse) => void = serve(wheel),
): Promise<PackageIndex> {
  const folder = await temporaryFolder();
  const [tools, log] = [join(folder, 'bin'), join(folder, 'calls')];
  await mkdir(tools);
  for (const tool of ['sh', 'cat']) await symlink(which(tool), join(tools, tool));
  const python = join(tools, 'python3');
  const replacePython = async (script: string): Promise<void> => {
    await writeFile(python, `#!/bin/sh\necho "$@" >> ${log}\n${script}\n`);
    await chmod(python, 0o755);
  };
  const url = `${await startServer(answer)}/some_model-1.0-py3-none-any.whl`;
  const hashes = { sha256: sha256(wheel) };
  const install = [{ download_info: { url, archive_info: { hashes } } }];
  await writeFile(join(folder, 'report.json'), JSON.stringify({ version: '1', install }));
  await replacePython(`cat ${join(folder, 'report.json')}`);
  return {
    ...{ folder, url, replacePython },
    cache: join(folder, 'cache'),
    environment: { PATH: tools },
    calls: async () => (await readFile(log, 'utf8').catch(() => '')).split('\n').filter(Boolean),
    removePython: () => rm(python),
  };
}

function which(tool: string): string {
  return execFileSync('/bin/sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).trim();
}
