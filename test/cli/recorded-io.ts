import type { Io } from '../../src/cli/io.js';
import { runHpl } from '../../src/cli/program.js';

/** What a command line wrote, and its exit code. */
export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command line in this process, with no terminal and an empty environment. */
export async function callHpl(args: readonly string[], input = '', columns = 100): Promise<Outcome> {
  let [out, err] = ['', ''];
  const io: Io = {
    stdout: { write: (text) => (out += text), columns },
    stderr: { write: (text) => (err += text) },
    env: {},
    cwd: process.cwd(),
    readInput: () => Promise.resolve(input),
  };
  const code = await runHpl(args, io);
  return { code, out, err };
}
