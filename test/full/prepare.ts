import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { sha256 } from '../../src/base/hash.js';
import { cacheFolder } from '../../src/plugins/packages/cache-folder.js';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');

/**
 * Makes ready what full tests need and npm does not give: TensorFlow, SmolLM2, and a Python with transformers. All of
 * it is kept in hpl's cache, so that a second call takes a second. What cannot be had is said here, and the tests that
 * miss it are skipped. HPL_SMOLLM2 and HPL_PYTHON, where set, name what is to be used instead.
 */
export default async function prepare(): Promise<void> {
  await step('TensorFlow', () => run(process.execPath, ['bin/hpl.js', 'setup'], { cwd: root }));
  await step('SmolLM2', async () => {
    const { stdout } = await run(process.execPath, ['scripts/get-smollm2.mjs'], { cwd: root });
    process.env['HPL_SMOLLM2'] ??= stdout.trim();
  });
  if (process.env['HPL_PYTHON'] !== undefined) return;
  await step('Python with transformers', async () => {
    process.env['HPL_PYTHON'] = await pythonWith(join(import.meta.dirname, 'requirements.txt'));
  });
}

async function step(name: string, work: () => Promise<unknown>): Promise<void> {
  const start = performance.now();
  try {
    await work();
    console.log(`${name}: ready after ${((performance.now() - start) / 1000).toFixed(1)} s`);
  } catch (error) {
    console.error(`${name} cannot be had: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** A Python of its own with exactly the packages of a list; made once for each list. */
async function pythonWith(requirements: string): Promise<string> {
  const list = await readFile(requirements, 'utf8');
  const folder = join(cacheFolder(process.env, homedir()), `python-${sha256(list).slice(0, 12)}`);
  const python = join(folder, 'bin', 'python');
  // Written last: an environment without it was left half-made.
  const complete = join(folder, 'complete');
  if (existsSync(complete)) return python;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await run('python3', ['-m', 'venv', folder]);
  const options = [
    '--quiet',
    '--disable-pip-version-check',
    '--no-input',
    '--only-binary=:all:',
    '--no-cache-dir',
  ];
  await run(python, ['-m', 'pip', 'install', ...options, '-r', requirements]);
  await writeFile(complete, '');
  return python;
}
