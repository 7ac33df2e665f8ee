import type { RunHeader } from './run-state.js';
import { valueText } from './run-words.js';

/** The command that goes on with a run whose end was never written: the same file with the same parameters. */
export function resumeCommand(header: RunHeader): string {
  const sets = Object.entries(header.params).map(
    ([name, value]) => ` --set ${quoted(`${name}=${valueText(value)}`)}`,
  );
  const store = header.store === '.hpl' ? '' : ` --store ${quoted(header.store)}`;
  return `hpl run ${quoted(header.file)}${sets.join('')}${store}`;
}

/** A word as a shell takes it. */
function quoted(word: string): string {
  return /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replace(/'/g, `'\\''`)}'`;
}
