import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { Environment } from '../location.js';
import { SetupFailure } from './setup-failure.js';

/** The programs that setup calls. */
export type ToolName = 'python3' | 'npm' | 'tar' | 'g++';

/** What each program is for, and how Debian and Ubuntu provide it. */
const purposes: Readonly<Record<ToolName, { readonly purpose: string; readonly remedy: string }>> = {
  python3: {
    purpose: 'its pip finds the wheel with TensorFlow (nothing of Python is used afterwards)',
    remedy: 'Install Python with pip (Debian, Ubuntu: apt-get install python3-pip), or pass --from DIR.',
  },
  npm: { purpose: 'it fetches the sources of the binding', remedy: 'Install npm; it comes with Node.' },
  tar: { purpose: 'it unpacks the sources of the binding', remedy: 'Install tar.' },
  'g++': {
    purpose: 'it compiles the binding between Node and TensorFlow',
    remedy: 'Install a C++ compiler (Debian, Ubuntu: apt-get install g++).',
  },
};

/** Paths of the programs found. */
export type Tools = Readonly<Partial<Record<ToolName, string>>>;

/** Finds programs in `PATH`. Throws one failure that names all that are missing. */
export async function findTools(wanted: readonly ToolName[], environment: Environment): Promise<Tools> {
  const found = await Promise.all(
    wanted.map(async (name) => [name, await locate(name, environment)] as const),
  );
  const missing = found.filter(([, path]) => path === undefined).map(([name]) => name);
  if (missing.length > 0)
    throw new SetupFailure(
      missing.map((name) => `${name} was not found in PATH: ${purposes[name].purpose}.`).join('\n'),
      missing.map((name) => purposes[name].remedy).join(' '),
    );
  return Object.fromEntries(found);
}

async function locate(name: string, environment: Environment): Promise<string | undefined> {
  for (const folder of (environment['PATH'] ?? '').split(delimiter)) {
    const path = join(folder || '.', name);
    if (await isExecutable(path)) return path;
  }
  return undefined;
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** What a program left behind. */
export interface ToolResult {
  readonly code: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

/** How to call a program. */
export interface ToolCall {
  readonly program: string | undefined;
  readonly arguments: readonly string[];
  readonly folder: string;
  readonly environment: Environment;
}

/** Runs a program to its end. A code other than 0 is a result, not an exception. */
export function runTool(call: ToolCall): Promise<ToolResult> {
  const options = { cwd: call.folder, env: { ...call.environment }, maxBuffer: 2 ** 28 };
  return new Promise((resolve) => {
    execFile(call.program ?? '', call.arguments, options, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : (error.code ?? error.signal ?? 'killed'), stdout, stderr });
    });
  });
}

/** The last lines that are not empty: where programs say what went wrong. */
export function lastLines(text: string, count: number): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.slice(-count).join('\n');
}
