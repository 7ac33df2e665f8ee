import { homedir } from 'node:os';
import { link, mkdir, readdir, stat, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { JsonObject } from '../../../base/json.js';
import { readModelConfig } from '../../../model/config.js';
import { ModelFileError } from '../../../model/model-file-error.js';
import { parameterShapes } from '../../../model/parameters.js';
import { checkTokenizer, readTokenizer } from '../../../model/tokenizer.js';
import { writeGgufFolder } from '../../../model/weights/gguf-folder.js';
import { checkLlama } from '../../../model/weights/hugging-face-folder.js';
import type { StageContext, StageEvent, StageRunner } from '../../../runtime/contract/stage.js';
import { hubSettings } from '../../hub/hub-settings.js';
import type { HubSnapshot } from '../../hub/hub-snapshot.js';
import { mendable } from '../../mendable.js';
import { saveModelDelta } from '../../model-artifact.js';
import { fetchModel } from './fetch-model.js';
import { fetchPackage } from './fetch-package.js';

/** Makes a `model` whose base weights are links to the files of the source. */
export class ModelStage implements StageRunner {
  async *run(options: JsonObject, context: StageContext): AsyncGenerator<StageEvent, void, undefined> {
    const base = join(context.folder, 'base');
    const fetched = yield* this.#fetched(options, context);
    const packed = yield* this.#packed(options, context);
    if (context.signal.aborted) return;
    const source = packed ?? fetched?.folder ?? context.path(options['source'] as string);
    const summary = await mendable(async () => {
      if (await isFile(source)) {
        await writeGgufFolder(source, base, packed === undefined ? symlink : shareFile);
        return checked(base);
      }
      const found = await checked(source);
      await linkFiles(source, base);
      return found;
    });
    const precision = options['precision'] === 'bf16' ? { precision: 'bf16' as const } : {};
    await saveModelDelta(context.folder, { base: { folder: 'base' }, ...precision }, new Map());
    yield { type: 'output', summary: { ...summary, ...(fetched && { commit: fetched.commit }) } };
  }

  async *#fetched(
    options: JsonObject,
    context: StageContext,
  ): AsyncGenerator<StageEvent, HubSnapshot | undefined, undefined> {
    const { repository, revision = 'main' } = options;
    if (typeof repository !== 'string' || typeof revision !== 'string') return undefined;
    const settings = await hubSettings(process.env, homedir());
    return yield* fetchModel({ repository, revision }, { settings, signal: context.signal });
  }

  async *#packed(
    options: JsonObject,
    { signal }: StageContext,
  ): AsyncGenerator<StageEvent, string | undefined, undefined> {
    const { package: requirement, file, sha256 } = options;
    if (typeof requirement !== 'string' || typeof file !== 'string' || typeof sha256 !== 'string')
      return undefined;
    return yield* fetchPackage({ requirement, file, sha256 }, signal);
  }
}

/** The cache may be emptied: the artifact keeps the file then, where both lie on one disk. */
async function shareFile(file: string, name: string): Promise<void> {
  await link(file, name).catch(() => symlink(file, name));
}

/** A file must be GGUF; what else can be read lies in a folder. */
async function isFile(source: string): Promise<boolean> {
  const found = await stat(source).catch(() => undefined);
  if (found !== undefined) return found.isFile();
  throw new ModelFileError(source, 'there is no such file or folder. Check the path of "source".');
}

async function checked(folder: string): Promise<JsonObject> {
  await checkLlama(folder);
  const config = await readModelConfig(join(folder, 'config.json'));
  checkTokenizer(await readTokenizer(folder), config, folder);
  return summaryOf(config);
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
