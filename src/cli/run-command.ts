import { shellWord } from '../base/shell-word.js';
import type { PlanningOptions } from './planning-options.js';

/** The command line that runs a file with these options again. */
export function runCommand(file: string, { set = {}, store, backend = [] }: PlanningOptions): string {
  const words = [
    'hpl',
    'run',
    file,
    ...Object.entries(set).flatMap(([name, value]) => ['--set', `${name}=${value}`]),
    ...(store === undefined ? [] : ['--store', store]),
    ...backend.flatMap((name) => ['--backend', name]),
  ];
  return words.map(shellWord).join(' ');
}
