import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageFolder } from '../base/package-folder.js';

/** The version of hpl that runs, from its package.json. */
export function packageVersion(): string {
  const parsed = JSON.parse(readFileSync(join(packageFolder(), 'package.json'), 'utf8')) as {
    version: string;
  };
  return parsed.version;
}
