import { fork } from 'node:child_process';
import type { CaseResult } from '../model/conformance/run-conformance.js';
import type { Conformance } from './diagnosis.js';

/** Longer than the slowest backend needs by far. */
const patienceMs = 300_000;

/**
 * Computes the conformance cases on a backend in a process of its own: a library that does not fit this machine ends
 * the process that loads it, and what it prints does not belong on the screen.
 */
export function compareInChild(backend: string): Promise<Conformance> {
  const child = fork(new URL('./conformance-child.js', import.meta.url), [backend], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    timeout: patienceMs,
    // A distance may be infinite, which JSON cannot say.
    serialization: 'advanced',
  });
  let words = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (words = (words + text).slice(-4000)));
  let cases: readonly CaseResult[] | undefined;
  child.on('message', (message) => (cases = message as readonly CaseResult[]));
  return new Promise((resolve) => {
    child.on('error', (error) => {
      resolve({ completed: false, reason: `The comparison could not be started: ${error.message}.` });
    });
    child.on('close', (code, signal) => {
      if (cases !== undefined) resolve({ completed: true, cases });
      else resolve({ completed: false, reason: ended(code ?? signal, words) });
    });
  });
}

function ended(how: number | string | null, words: string): string {
  const lines = words.split('\n').filter((line) => line.trim() !== '');
  return `The process that computed ended early (${how ?? 'unknown'}): ${lines.slice(-3).join(' ') || 'it said nothing'}`;
}
