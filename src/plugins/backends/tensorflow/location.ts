import { join } from 'node:path';
import { tensorflowVersion } from './versions.js';

/** TensorFlow comes in two builds: for processors alone, and for CUDA cards too. */
export type Variant = 'cpu' | 'cuda';

/** Environment variables, as a process has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The folder in which `hpl setup` keeps what belongs to the machine and not to a project:
 * `HPL_CACHE`, or `hpl` in `XDG_CACHE_HOME`, or `.cache/hpl` in the home folder.
 */
export function cacheFolder(environment: Environment, home: string): string {
  if (environment['HPL_CACHE']) return environment['HPL_CACHE'];
  return join(environment['XDG_CACHE_HOME'] ?? join(home, '.cache'), 'hpl');
}

/** Where a finished installation of one build lies. */
export function installationFolder(cache: string, variant: Variant): string {
  return join(cache, `tensorflow-${tensorflowVersion}-${variant}`);
}
