import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { Environment } from './cache-folder.js';
import { MissingPiece } from './missing-piece.js';

/** What a program is for, and how to get it. */
export interface ToolNeed {
  readonly purpose: string;
  readonly remedy: string;
}

/** Finds programs in `PATH`. Throws one failure that names all that are missing. */
export async function findTools<Name extends string>(
  wanted: Readonly<Partial<Record<Name, ToolNeed>>>,
  environment: Environment,
): Promise<Readonly<Partial<Record<Name, string>>>> {
  const found = await Promise.all(
    (Object.entries(wanted) as [Name, ToolNeed][]).map(async ([name, need]) => ({
      ...{ name, need },
      path: await locate(name, environment),
    })),
  );
  const missing = found.filter(({ path }) => path === undefined);
  if (missing.length > 0)
    throw new MissingPiece(
      missing.map(({ name, need }) => `${name} was not found in PATH: ${need.purpose}.`).join('\n'),
      missing.map(({ need }) => need.remedy).join(' '),
    );
  return Object.fromEntries(found.map(({ name, path }) => [name, path])) as Partial<Record<Name, string>>;
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
  /** Ends the program when aborted. */
  readonly signal?: AbortSignal;
}

/** Runs a program to its end. A code other than 0 is a result, not an exception. */
export function runTool(call: ToolCall): Promise<ToolResult> {
  const options = {
    ...{ cwd: call.folder, env: { ...call.environment }, maxBuffer: 2 ** 28 },
    ...(call.signal !== undefined && { signal: call.signal }),
  };
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
