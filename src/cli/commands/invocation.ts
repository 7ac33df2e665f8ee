import type { Command } from 'commander';
import type { Io } from '../io.js';

/** One call of the program: what it may touch, and the exit code that the command sets. */
export interface Invocation {
  readonly io: Io;
  exitCode: number;
}

/** Declares a command. Its imports at the top are light; what it needs to work is imported when it runs. */
export type AddCommand = (program: Command, invocation: Invocation) => void;
