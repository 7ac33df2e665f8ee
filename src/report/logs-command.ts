import { basename } from 'node:path';
import { shellWord } from '../base/shell-word.js';
import type { RunHeader } from './run-state.js';

/** The command that shows one stage's log of a run; it names the store where `hpl logs` would not look by itself. */
export function logsCommand({ run, store, file }: RunHeader, stage: string): string {
  const place = isNear(file) && basename(store) === '.hpl' ? [] : ['--store', store];
  return ['hpl', 'logs', run, '--stage', stage, ...place].map(shellWord).join(' ');
}

/** Stores are looked for beside pipeline files of the working folder and of the folders in it. */
function isNear(file: string): boolean {
  return !file.startsWith('/') && !file.startsWith('..') && file.split('/').length <= 2;
}
