import { existsSync } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'vitest';
import { writeGgufFolder } from '../../../src/model/weights/gguf-folder.js';

/** Where scripts/get-smollm2.mjs puts the model. */
function cachedFile(): string {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  return join(process.env['HPL_CACHE'] ?? join(cache, 'hpl'), 'models', 'SmolLM2-135M-Instruct.Q4_1.gguf');
}

/**
 * Does something with a Hugging Face folder of SmolLM2: what HPL_SMOLLM2 names (a folder or a GGUF file), or the file
 * in the cache. Skips the test where it is not there.
 */
export async function withSmollm2<Result>(
  { skip }: TestContext,
  use: (folder: string) => Promise<Result>,
): Promise<Result> {
  const path = process.env['HPL_SMOLLM2'] ?? cachedFile();
  if (!existsSync(path))
    skip(
      `SmolLM2-135M-Instruct is not at ${path}. Run "node scripts/get-smollm2.mjs", or name it in HPL_SMOLLM2.`,
    );
  if ((await stat(path)).isDirectory()) return use(path);
  const folder = await mkdtemp(join(tmpdir(), 'hpl-smollm2-'));
  try {
    await writeGgufFolder(path, folder);
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}
