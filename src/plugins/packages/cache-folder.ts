import { join } from 'node:path';

/** Environment variables, as a process has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The folder in which hpl keeps what belongs to the machine and not to a project, such as TensorFlow and models from
 * Python packages: `HPL_CACHE`, or `hpl` in `XDG_CACHE_HOME`, or `.cache/hpl` in the home folder.
 */
export function cacheFolder(environment: Environment, home: string): string {
  if (environment['HPL_CACHE']) return environment['HPL_CACHE'];
  return join(environment['XDG_CACHE_HOME'] ?? join(home, '.cache'), 'hpl');
}
