import { existsSync } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'vitest';
import { writeGgufFolder } from '../../../src/model/weights/gguf-folder.js';
import { cacheFolder } from '../../../src/plugins/packages/cache-folder.js';

/** Where the pipelines and scripts/get-smollm2.mjs put the model. */
function cachedFile(): string {
  const sha256 = 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53';
  return join(cacheFolder(process.env, homedir()), 'models', sha256, 'SmolLM2-135M-Instruct.Q4_1.gguf');
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
