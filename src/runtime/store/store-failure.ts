import { codeOf } from '../../base/system-error.js';

/** The store cannot be used, for a reason that the user can mend. */
export class StoreFailure extends Error {
  override readonly name = 'StoreFailure';

  constructor(
    message: string,
    readonly path: string,
    readonly remedy: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

const elsewhere = 'or name another place with --store';
const kept = 'What is finished is kept';

/**
 * Puts an error of the file system into words: a full disk, a place that cannot be written, something in the way.
 * `doing` says what was attempted, as in `saving a checkpoint`. Undefined for errors that are not about the disk.
 */
export function explainFileError(error: unknown, doing: string, path: string): StoreFailure | undefined {
  if (error instanceof StoreFailure) return error;
  const code = codeOf(error);
  if (!(error instanceof Error) || code === undefined) return undefined;
  const place = 'path' in error && typeof error.path === 'string' ? error.path : path;
  const words = explanations[code];
  if (words === undefined) return undefined;
  const { message, remedy } = words(doing, place);
  return new StoreFailure(message, place, remedy, { cause: error });
}

interface Explanation {
  readonly message: string;
  readonly remedy: string;
}

type Explain = (doing: string, place: string) => Explanation;

const diskFull: Explain = (doing, place) => ({
  message: `The disk is full: ${doing} failed at ${place}.`,
  remedy: `Free space, ${elsewhere}, and run again. ${kept}.`,
});

const fileTooLarge: Explain = (doing, place) => ({
  message: `A file grew larger than the system allows: ${doing} failed at ${place}.`,
  remedy: `Raise the limit of file sizes, ${elsewhere}, and run again. ${kept}.`,
});

const unwritable: Explain = (doing, place) => ({
  message: `${place} cannot be written: ${doing} failed.`,
  remedy: `Give this user the right to write there, ${elsewhere}.`,
});

const inTheWay: Explain = (doing, place) => ({
  message: `A file stands where a folder is needed: ${doing} failed at ${place}.`,
  remedy: `Move that file away, ${elsewhere}.`,
});

const explanations: Readonly<Record<string, Explain>> = {
  ENOSPC: diskFull,
  EDQUOT: diskFull,
  EFBIG: fileTooLarge,
  EACCES: unwritable,
  EPERM: unwritable,
  EROFS: unwritable,
  ENOTDIR: inTheWay,
  EEXIST: inTheWay,
};

/** Runs file operations and throws their errors as StoreFailure where they are about the disk. */
export async function withFileErrors<Value>(
  doing: string,
  path: string,
  work: () => Promise<Value>,
): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    throw explainFileError(error, doing, path) ?? error;
  }
}
