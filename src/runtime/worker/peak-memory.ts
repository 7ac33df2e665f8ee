import { readFile } from 'node:fs/promises';

/** Follows how much memory a process takes, for after its death. */
export interface PeakMemory {
  /** The largest resident memory seen, in bytes; undefined where the system does not say (elsewhere than on Linux). */
  bytes(): number | undefined;
  stop(): void;
}

const intervalMilliseconds = 250;

/** Looks from outside, because a worker that computes cannot speak. */
export function watchPeakMemory(pid: number): PeakMemory {
  let peak: number | undefined;
  const look = async (): Promise<void> => {
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
    const [, kibibytes] = /^VmHWM:\s*(\d+) kB$/m.exec(status) ?? [];
    if (kibibytes !== undefined) peak = Math.max(peak ?? 0, Number(kibibytes) * 1024);
  };
  // Not at once: until it has started, the process shows what starting it took, not the work.
  const timer = setInterval(() => void look(), intervalMilliseconds);
  timer.unref();
  return {
    bytes: () => peak,
    stop: () => {
      clearInterval(timer);
    },
  };
}
