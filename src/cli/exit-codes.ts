/** What `hpl` ends with. Public: scripts rely on it. */
export const exitCodes = {
  done: 0,
  stageFailed: 1,
  /** The pipeline file or the command line is invalid. */
  invalid: 2,
  /** `fmt --check` would change a file, or `plan --detailed-exitcode` found work. */
  workFound: 3,
  gateNotMet: 4,
  /** A backend, a plugin or the memory that was asked for is not available. */
  unavailable: 5,
  interrupted: 130,
  terminated: 143,
  /** A mistake of hpl itself. */
  internal: 70,
} as const;
