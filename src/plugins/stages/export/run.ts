import { copyFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type * as tf from '@tensorflow/tfjs';
import type { JsonObject } from '../../../base/json.js';
import type { StageReference } from '../../../base/signatures.js';
import { partOf } from '../../../model/hybrid/layer-tensors.js';
import { lowRankNames } from '../../../model/low-rank.js';
import type { Llama } from '../../../model/transformer.js';
import { saveLlama } from '../../../model/weights/hugging-face-folder.js';
import { writeTensors } from '../../../model/weights/tensor-files.js';
import type { StageContext, StageEvent, StageRunner } from '../../../runtime/contract/stage.js';
import { mendable } from '../../mendable.js';
import { hybridFiles, hybridSchema, loadModel, type LoadedModel } from '../../model-artifact.js';
import { disposeAll } from '../../training/training-state.js';
import { unknownToPython, writePythonModel } from './python-model.js';

/** Makes a `folder` that transformers can load, with what is hybrid beside it. */
export class ExportStage implements StageRunner {
  async *run(options: JsonObject, context: StageContext): AsyncGenerator<StageEvent, void, undefined> {
    // Whole numbers are written, whatever they were computed with.
    const model = await loadModel(context.input(options['model'] as StageReference), context, 'float32');
    try {
      const { conversion } = model.description;
      const unknown = conversion === undefined ? undefined : unknownToPython(conversion);
      if (unknown !== undefined) yield { type: 'log', level: 'warning', message: plainOnly(unknown) };
      const adapted = await writeMergedModel(context.folder, model, unknown === undefined);
      await copyCompanions(model.baseFolder, context.folder);
      const hybrid = await writeHybrid(context.folder, model);
      yield { type: 'output', summary: { merged_projections: adapted, hybrid_tensors: hybrid } };
    } finally {
      model.dispose();
    }
  }
}

function plainOnly(unknown: string): string {
  return (
    `transformers will load the model as it was before conversion: the modeling file for Python knows hpl's own ` +
    `feature map and mixes, not ${unknown}.`
  );
}

/** Writes config, weights and, where Python can compute the conversion, its code; counts projections with an adapter. */
async function writeMergedModel(
  folder: string,
  { llama, adapter, trained, description }: LoadedModel,
  knownToPython: boolean,
): Promise<number> {
  const merged = new Map<string, tf.Tensor>();
  if (adapter !== undefined) {
    for (const [name, weight] of llama.parameters) {
      const projection = name.replace(/\.weight$/, '');
      if (!trained.has(lowRankNames(projection).a)) continue;
      merged.set(name, adapter.merge(projection, weight as tf.Tensor2D, trained));
    }
  }
  const whole: Llama = { ...llama, parameters: new Map([...llama.parameters, ...merged]) };
  const { conversion } = description;
  try {
    if (conversion === undefined || !knownToPython) await saveLlama(folder, whole);
    else await writePythonModel(folder, { llama: whole, conversion, trained });
  } finally {
    disposeAll(merged);
  }
  return merged.size;
}

/** Copies the tokenizer and whatever else lies beside the weights: licences, generation settings, model cards. */
async function copyCompanions(source: string, folder: string): Promise<void> {
  await mendable(async () => {
    for (const name of await readdir(source)) {
      const isOurs = name === 'config.json' || /\.(safetensors|bin|gguf|index\.json)$/.test(name);
      if (!isOurs) await copyFile(join(source, name), join(folder, name));
    }
  });
}

/** Writes feature maps and mixes with the config that tells how to use them, and says how many tensors these are. */
async function writeHybrid(folder: string, { description, trained }: LoadedModel): Promise<number> {
  const { conversion } = description;
  if (conversion === undefined) return 0;
  const tensors = new Map([...trained].filter(([name]) => partOf(name) !== undefined));
  await writeTensors(join(folder, hybridFiles.tensors), tensors);
  const config = { schema: hybridSchema, ...conversion };
  await writeFile(join(folder, hybridFiles.config), `${JSON.stringify(config, null, 2)}\n`);
  return tensors.size;
}
