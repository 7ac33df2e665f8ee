import { stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import type { JsonObject } from '../../../base/json.js';
import { modelConfigFromJson, readModelConfig, type ModelConfig } from '../../../model/config.js';
import { ModelFileError } from '../../../model/model-file-error.js';
import { ggufConfig } from '../../../model/weights/gguf-config.js';
import { GgufFile } from '../../../model/weights/gguf.js';
import type { ForecastContext } from '../../../runtime/contract/forecast.js';
import { hubPlace } from '../../hub/hub-place.js';
import { hubSettings } from '../../hub/hub-settings.js';
import { cachedSnapshot } from '../../hub/hub-snapshot.js';
import { cacheFolder } from '../../packages/cache-folder.js';
import { packagePath } from '../../packages/package-file.js';

/**
 * The shape of a stage's model, as far as this machine holds the model already: in the stage's own result, at its path,
 * or in a cache. Undefined for what is still to be fetched, and for what cannot be read: the stage itself says why.
 */
export async function knownConfig(
  options: JsonObject,
  context: ForecastContext,
): Promise<ModelConfig | undefined> {
  const place =
    context.result === undefined ? await placeOf(options, context) : join(context.result.folder, 'base');
  if (place === undefined) return undefined;
  const found = await stat(place).catch(() => undefined);
  if (found === undefined) return undefined;
  try {
    return await (found.isFile() ? configInGguf(place) : readModelConfig(join(place, 'config.json')));
  } catch (error) {
    if (error instanceof ModelFileError) return undefined;
    throw error;
  }
}

async function placeOf(options: JsonObject, context: ForecastContext): Promise<string | undefined> {
  const { source, repository, revision = 'main', file, sha256 } = options;
  if (typeof source === 'string') return context.path(source);
  if (typeof repository === 'string' && typeof revision === 'string') {
    const settings = await hubSettings(process.env, homedir());
    const place = hubPlace({ repository, revision }, settings);
    return (await cachedSnapshot(place, revision))?.folder;
  }
  if (typeof file !== 'string' || typeof sha256 !== 'string') return undefined;
  return packagePath(cacheFolder(process.env, homedir()), { file, sha256 });
}

async function configInGguf(file: string): Promise<ModelConfig> {
  const source = await GgufFile.open(file);
  try {
    return modelConfigFromJson(await ggufConfig(source), file);
  } finally {
    await source.close();
  }
}
