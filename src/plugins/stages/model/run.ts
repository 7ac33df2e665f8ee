import { mkdir, readdir, stat, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { JsonObject } from '../../../base/json.js';
import { readModelConfig } from '../../../model/config.js';
import { ModelFileError } from '../../../model/model-file-error.js';
import { parameterShapes } from '../../../model/parameters.js';
import { checkTokenizer, readTokenizer } from '../../../model/tokenizer.js';
import { checkLlama } from '../../../model/weights/hugging-face-folder.js';
import type { StageContext, StageEvent, StageRunner } from '../../../runtime/contract/stage.js';
import { mendable } from '../../mendable.js';
import { saveModelDelta } from '../../model-artifact.js';

/** Makes a `model` whose base weights are links to the files of the source folder. */
export class ModelStage implements StageRunner {
  async *run(options: JsonObject, context: StageContext): AsyncGenerator<StageEvent, void, undefined> {
    const source = context.path(options['source'] as string);
    const summary = await mendable(async () => {
      await requireFolder(source);
      await checkLlama(source);
      const config = await readModelConfig(join(source, 'config.json'));
      checkTokenizer(await readTokenizer(source), config, source);
      return summaryOf(config);
    });
    await linkFiles(source, join(context.folder, 'base'));
    await saveModelDelta(context.folder, { base: { folder: 'base' } }, new Map());
    yield { type: 'output', summary };
  }
}

async function requireFolder(source: string): Promise<void> {
  const found = await stat(source).catch(() => undefined);
  if (found?.isDirectory() === true) return;
  throw new ModelFileError(source, 'there is no such folder. Check the path of "source".');
}

async function linkFiles(source: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const entry of await readdir(source, { withFileTypes: true })) {
    if (entry.isDirectory()) continue;
    await symlink(resolve(source, entry.name), join(folder, entry.name));
  }
}

function summaryOf(config: Awaited<ReturnType<typeof readModelConfig>>): JsonObject {
  const shapes = [...parameterShapes(config).values()];
  return {
    parameters: shapes.reduce((sum, shape) => sum + shape.reduce((product, size) => product * size, 1), 0),
    layers: config.layers,
    heads: config.heads,
    hidden: config.hiddenSize,
    vocabulary: config.vocabularySize,
    context: config.contextLength,
  };
}
