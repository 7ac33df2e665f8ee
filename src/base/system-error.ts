import { constants } from 'node:os';

/** The system's code of an error, such as `ENOENT`; undefined where it is none of the system's. */
export function codeOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error)) return undefined;
  const { code, errno } = thrown as NodeJS.ErrnoException;
  // Node has no name for it, and calls it "Unknown system error -122".
  if (errno === -constants.errno.EDQUOT) return 'EDQUOT';
  return typeof code === 'string' ? code : undefined;
}

/** Whether an error says that a disk is full, or that its user may put no more on it. */
export function isDiskFull(thrown: unknown): boolean {
  const code = codeOf(thrown);
  return code === 'ENOSPC' || code === 'EDQUOT';
}
