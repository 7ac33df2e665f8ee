import { shellWord } from '../base/shell-word.js';
import type { RunHeader } from './run-state.js';

/** The command that goes on with a run whose end was never written. */
export function resumeCommand(header: RunHeader): string {
  return header.resume ?? `hpl run ${shellWord(header.file)}`;
}
