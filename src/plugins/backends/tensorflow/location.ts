import { join } from 'node:path';
import { tensorflowVersion } from './versions.js';

/** TensorFlow comes in two builds: for processors alone, and for CUDA cards too. */
export type Variant = 'cpu' | 'cuda';

/** Where a finished installation of one build lies. */
export function installationFolder(cache: string, variant: Variant): string {
  return join(cache, `tensorflow-${tensorflowVersion}-${variant}`);
}
