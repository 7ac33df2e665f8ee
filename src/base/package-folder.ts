import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InternalError } from './unreachable.js';

/** The folder that hpl is installed in. Sources and built files lie at different depths below it. */
export function packageFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    if (folder === dirname(folder)) throw new InternalError("no package.json above hpl's own code");
    folder = dirname(folder);
  }
  return folder;
}
