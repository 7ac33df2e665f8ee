import { workerData } from 'node:worker_threads';

/**
 * Runs in a thread of a worker process, beside tensor operations that block its main thread for minutes: ends the
 * process once its coordinator is gone, so that nobody writes to the store behind the back of the next run.
 */
const parent = (workerData as { readonly parent: number }).parent;
const checkMilliseconds = 250;

setInterval(() => {
  if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL');
}, checkMilliseconds);
