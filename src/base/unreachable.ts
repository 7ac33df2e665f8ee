/** Closes a switch: adding a case to a union breaks the build at every reader. */
export function unreachable(value: never): never {
  throw new InternalError(`unexpected value ${JSON.stringify(value)}`);
}

/** A mistake of ours, never of the user. */
export class InternalError extends Error {
  override readonly name = 'InternalError';

  constructor(message: string, options?: ErrorOptions) {
    super(`Internal error: ${message}. Please report it.`, options);
  }
}
