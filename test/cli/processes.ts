import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const bin = fileURLToPath(new URL('../../bin/hpl.js', import.meta.url));
const stages = fileURLToPath(new URL('stages.ts', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  /** Both streams in the order of arrival. */
  readonly both: string;
}

/** A command line that runs: what it has written so far, and its end. */
export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves once the text stands in either stream; rejects when the process ends without it. */
  said(text: string): Promise<void>;
}

/** Starts the built `hpl` in a folder, without a terminal and without the variables that change its looks. */
export function startHpl(folder: string, args: readonly string[], env: Record<string, string> = {}): Running {
  const { PATH, HOME } = process.env;
  const child = spawn(process.execPath, [bin, ...args], { cwd: folder, env: { PATH, HOME, ...env } });
  let [out, err, both] = ['', '', ''];
  const watchers = new Set<() => void>();
  const take = (text: string): void => {
    both += text;
    for (const watch of watchers) watch();
  };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
    take(text);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
    take(text);
  });
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code) => {
      resolve({ code, out, err, both });
    });
  });
  const said = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const watch = (): void => {
        if (both.includes(text)) resolve();
      };
      watchers.add(watch);
      watch();
      void ended.then(() => {
        reject(new Error(`it ended without saying "${text}":\n${both}`));
      });
    });
  return { child, ended, said };
}

/** Runs the built `hpl` to its end. */
export function hpl(
  folder: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Ended> {
  return startHpl(folder, args, env).ended;
}

/** A folder with these pipeline files, gone after the test. Each body stands in a pipeline that knows the block `play`. */
export function folderWith(bodies: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'hpl-cli-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  for (const [name, body] of Object.entries(bodies)) {
    writeFileSync(
      join(folder, name),
      `hpl 1\n\nuse "${stages}"\n\npipeline stage_play {\n  backend = wasm\n${body}}\n`,
    );
  }
  return folder;
}
