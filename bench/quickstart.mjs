import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { machine, median, requireGreen } from './gate.mjs';

const pipeline = 'pipelines/quickstart.hpl';

/** Resident bytes of a process and everything below it. */
function treeBytes(root) {
  const parents = new Map();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const fields = readFileSync(`/proc/${entry}/stat`, 'utf8')
        .replace(/^.*\) /, '')
        .split(' ');
      parents.set(Number(entry), { parent: Number(fields[1]), bytes: Number(fields[21]) * 4096 });
    } catch {
      continue; // The process ended while the list was read.
    }
  }
  const below = (pid) => {
    for (let at = pid; at > 1; at = parents.get(at)?.parent ?? 0) if (at === root) return true;
    return false;
  };
  return [...parents].filter(([pid]) => below(pid)).reduce((sum, [, { bytes }]) => sum + bytes, 0);
}

function measure(...args) {
  return new Promise((resolve) => {
    const start = performance.now();
    const child = spawn(process.execPath, ['bin/hpl.js', ...args], { stdio: 'ignore' });
    let peak = 0;
    const sampler = setInterval(() => (peak = Math.max(peak, treeBytes(child.pid))), 100);
    child.on('exit', (status) => {
      clearInterval(sampler);
      resolve({ seconds: (performance.now() - start) / 1000, peak, status });
    });
  });
}

requireGreen(['test/cli', 'test/plugins']);
const store = mkdtempSync(join(tmpdir(), 'hpl-bench-'));
try {
  const checks = [];
  for (let run = 0; run < 6; run += 1) checks.push((await measure('check', pipeline)).seconds);
  const flags = ['run', pipeline, '--backend', 'wasm', '--store', store, '--progress', 'none'];
  const cold = await measure(...flags);
  const again = await measure(...flags);
  const line = (name, { seconds, peak, status }, asked) =>
    `  ${name.padEnd(20)} ${seconds.toFixed(2).padStart(8)} s  ${(peak / 2 ** 20).toFixed(0).padStart(6)} MiB  exit ${status}  (asked: ${asked})`;
  console.log(machine());
  console.log(
    `  ${'hpl check, median'.padEnd(20)} ${median(checks.slice(1)).toFixed(2).padStart(8)} s  (asked: under 0.4 s)`,
  );
  console.log(line('cold run', cold, 'at most 120 s, under 1536 MiB'));
  console.log(line('unchanged second run', again, 'under 2 s'));
} finally {
  rmSync(store, { recursive: true, force: true });
}
