import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InternalError } from '../base/unreachable.js';

/** The version of hpl that runs, from the package.json above this file. */
export function packageVersion(): string {
  const parsed = JSON.parse(readFileSync(join(packageFolder(), 'package.json'), 'utf8')) as {
    version: string;
  };
  return parsed.version;
}

/** The folder that hpl is installed in. Sources and built files lie at different depths below it. */
function packageFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    if (folder === dirname(folder)) throw new InternalError('no package.json above the command line');
    folder = dirname(folder);
  }
  return folder;
}
