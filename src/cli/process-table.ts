import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type { ProcessIdentity, ProcessTable } from '../runtime/store/lock.js';
import { isProcessAlive } from './process-alive.js';

/** What this machine knows of its processes. */
export function processTable(): ProcessTable {
  const host = hostname();
  return {
    self: { pid: process.pid, start: startOf(process.pid), host },
    isAlive: (other) => other.host !== host || isSameProcess(other),
    kill: ({ pid }) => {
      killGroup(pid);
    },
  };
}

/** Who this process is, for locks and notes in a store. */
export function thisProcess(): ProcessIdentity {
  return processTable().self;
}

function isSameProcess({ pid, start }: ProcessIdentity): boolean {
  return isProcessAlive(pid) && !isZombie(pid) && startOf(pid) === start;
}

/** When a process started, in the kernel's ticks; empty where the system does not tell, so that the number alone counts. */
function startOf(pid: number): string {
  return statFields(pid)[19] ?? '';
}

/** A process that is dead but not yet taken notice of by its parent. */
function isZombie(pid: number): boolean {
  return statFields(pid)[0] === 'Z';
}

/** The fields of /proc/PID/stat after the name, which may hold spaces and parentheses itself. */
function statFields(pid: number): readonly string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}

/** Workers lead a process group of their own; whatever they started goes with them. */
function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It died by itself in the meantime.
  }
}
