import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';

/** Runs the tests of what is about to be measured; ends the process when one fails. */
export function requireGreen(tests) {
  const { status } = spawnSync('npx', ['vitest', 'run', ...tests], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status === 0) return;
  console.error(`The tests of ${tests.join(', ')} fail; nothing is measured.`);
  process.exit(1);
}

/** One line about the machine and the day, for the head of a report. */
export function machine() {
  const [first] = cpus();
  return `${cpus().length} cores, ${first?.model.trim()}, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}`;
}

/** The middle value. */
export function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}
