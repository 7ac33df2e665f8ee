import { exitCodes } from './exit-codes.js';

/** A mistake of the user that ends a command: sentences for them, never a stack trace, and the exit code. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';

  constructor(
    message: string,
    readonly exitCode: number = exitCodes.invalid,
  ) {
    super(message);
  }
}
