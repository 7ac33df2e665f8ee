import { fork, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { CommandFailure } from './command-failure.js';
import { exitCodes } from './exit-codes.js';
import type { GenerationTask } from './generation-task.js';
import type { Io } from './io.js';
import { userSignals } from './user-signals.js';

/** What the child says at its end. */
export type GenerationOutcome =
  { readonly exitCode: number } | { readonly failure: string; readonly exitCode: number };

/** Notes and warnings that TensorFlow's C++ prints, in its own form and in that of the library that it logs by. */
const chatter =
  /^(?:WARNING: All log messages before absl::InitializeLog|[IW]\d{4} \d\d:\d\d:|\d{4}-\d\d-\d\d \d\d:\d\d:[\d.]+: [IW] )/;

/**
 * Generates in a process of its own, because what TensorFlow prints can be kept from the screen only outside the
 * process that loads it. A user's TF_CPP_MIN_LOG_LEVEL lets it through. Gives the exit code.
 */
export async function generateInChild(task: GenerationTask, io: Io): Promise<number> {
  const child = fork(new URL('./generate-child.js', import.meta.url), {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { TF_CPP_MIN_LOG_LEVEL: '2', ...io.env },
  });
  // Of Ctrl-C on a terminal both hear; the child takes the first and ignores the second.
  const heard = userSignals().subscribe((signal) => child.kill(signal));
  child.stdout?.setEncoding('utf8').on('data', (text: string) => io.stdout.write(text));
  const isWanted = io.env['TF_CPP_MIN_LOG_LEVEL'] !== undefined;
  if (child.stderr !== null)
    createInterface(child.stderr).on('line', (line) => {
      if (isWanted || !chatter.test(line)) io.stderr.write(`${line}\n`);
    });
  try {
    child.send(task);
    return await ended(child);
  } finally {
    heard.unsubscribe();
  }
}

function ended(child: ChildProcess): Promise<number> {
  let outcome: GenerationOutcome | undefined;
  child.on('message', (message) => (outcome = message as GenerationOutcome));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (outcome === undefined) reject(died(code ?? signal));
      else if ('failure' in outcome) reject(new CommandFailure(outcome.failure, outcome.exitCode));
      else resolve(outcome.exitCode);
    });
  });
}

function died(how: number | string | null): CommandFailure {
  if (how === 'SIGINT') return new CommandFailure('Interrupted.', exitCodes.interrupted);
  if (how === 'SIGTERM') return new CommandFailure('Terminated.', exitCodes.terminated);
  return new CommandFailure(
    `The process that computes ended early (${how ?? 'unknown'}).` +
      (how === 'SIGKILL' ? ' The system ends processes that way when memory runs out.' : '') +
      ' Try --backend wasm.',
    exitCodes.stageFailed,
  );
}
