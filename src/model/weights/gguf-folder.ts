import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { JsonObject } from '../../base/json.js';
import { modelConfigFromJson } from '../config.js';
import { ggufConfig } from './gguf-config.js';
import { ggufTokenizer } from './gguf-tokenizer.js';
import { GgufFile } from './gguf.js';

/** What the link to a GGUF file is called in a model folder. */
export const ggufLink = 'model.gguf';

/**
 * Makes a folder that is read as a Hugging Face folder: config.json and the tokenizer as the file's metadata give
 * them, and a link to the file for the weights, which `makeLink` makes. Rejects with a `ModelFileError`.
 */
export async function writeGgufFolder(
  file: string,
  folder: string,
  makeLink: (file: string, name: string) => Promise<void> = symlink,
): Promise<void> {
  const source = await GgufFile.open(file);
  try {
    const { tokenizer, config } = ggufTokenizer(source);
    const modelConfig = await ggufConfig(source);
    // Checked here too, where errors can name the file that the user named.
    modelConfigFromJson(modelConfig, file);
    await mkdir(folder, { recursive: true });
    await writeJson(join(folder, 'config.json'), modelConfig);
    await writeJson(join(folder, 'tokenizer.json'), tokenizer);
    await writeJson(join(folder, 'tokenizer_config.json'), config);
    await makeLink(resolve(file), join(folder, ggufLink));
  } finally {
    await source.close();
  }
}

async function writeJson(file: string, value: JsonObject): Promise<void> {
  await writeFile(file, `${JSON.stringify(value, null, 1)}\n`);
}
