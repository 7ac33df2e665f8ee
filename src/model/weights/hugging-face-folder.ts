import { existsSync } from 'node:fs';
import { mkdir, readlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type * as tf from '@tensorflow/tfjs';
import { collectGarbage } from '../../base/collect-garbage.js';
import { groupedBy } from '../../base/grouped-by.js';
import { isJsonObject } from '../../base/json.js';
import { hasHalfPrecision, intoBfloat16 } from '../bfloat16/bfloat16-weights.js';
import type { Precision } from '../bfloat16/precision.js';
import { modelConfigToJson, readJsonObject, readModelConfig } from '../config.js';
import { ModelFileError } from '../model-file-error.js';
import { parameter, parameterShapes, type Parameters } from '../parameters.js';
import type { Llama } from '../transformer.js';
import { ggufLink } from './gguf-folder.js';
import { GgufWeights } from './gguf-weights.js';
import { SafetensorsFile } from './safetensors.js';
import { tensorOf, writeTensors } from './tensor-files.js';
import type { WeightFile } from './weight-file.js';

const singleFile = 'model.safetensors';
const indexFile = 'model.safetensors.index.json';

/**
 * Reads config and weights of a Hugging Face folder, tensor by tensor, in the precision that is asked for. The caller
 * owns the tensors. Rejects with a `ModelFileError`.
 */
export async function loadLlama(folder: string, precision: Precision = 'float32'): Promise<Llama> {
  const config = await readModelConfig(join(folder, 'config.json'));
  const shapes = parameterShapes(config);
  const files = await filesOfTensors(folder, shapes.keys());
  const parameters = new Map<string, tf.Tensor>();
  try {
    for (const [file, names] of groupByFile(files)) {
      for await (const [name, tensor] of readFrom(file, names, { shapes, precision }))
        parameters.set(name, tensor);
    }
  } catch (error) {
    for (const tensor of parameters.values()) tensor.dispose();
    throw error;
  }
  // What the last and largest tensors were read into would otherwise stay for the whole training.
  collectGarbage();
  return { config, parameters: inOrder(parameters, shapes.keys()) };
}

/** Shards come in any order; what iterates over a model should not depend on that. */
function inOrder(parameters: Parameters, names: Iterable<string>): Map<string, tf.Tensor> {
  return new Map([...names].map((name) => [name, parameter(parameters, name)]));
}

/** Checks that a folder holds a complete Llama, by its headers alone. Rejects with a `ModelFileError`. */
export async function checkLlama(folder: string): Promise<void> {
  const shapes = parameterShapes(await readModelConfig(join(folder, 'config.json')));
  for (const [file, names] of groupByFile(await filesOfTensors(folder, shapes.keys()))) {
    const source = await openWeights(file);
    try {
      for (const name of names) checkEntry(source, name, shapes.get(name) ?? []);
    } finally {
      await source.close();
    }
  }
}

/** Writes config.json and model.safetensors, as transformers reads them. The folder may exist. */
export async function saveLlama(folder: string, { config, parameters }: Llama): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeTensors(join(folder, singleFile), inOrder(parameters, parameterShapes(config).keys()));
  await writeFile(join(folder, 'config.json'), `${JSON.stringify(modelConfigToJson(config), null, 2)}\n`);
}

/** The file of every tensor: the single file, or what the index of a sharded model says. */
async function filesOfTensors(folder: string, names: Iterable<string>): Promise<ReadonlyMap<string, string>> {
  const index = join(folder, indexFile);
  await refuseLostLink(join(folder, ggufLink));
  const whole = [singleFile, ggufLink].find((name) => existsSync(join(folder, name)));
  if (whole !== undefined) return new Map([...names].map((name) => [name, join(folder, whole)]));
  if (!existsSync(index)) {
    throw new ModelFileError(
      folder,
      `neither ${singleFile} nor ${indexFile} is there. Name a folder with safetensors weights.`,
    );
  }
  const weightMap = (await readJsonObject(index))['weight_map'];
  if (!isJsonObject(weightMap)) {
    throw new ModelFileError(index, 'the key "weight_map" is missing. Fetch the model again.');
  }
  const files = new Map(
    [...names].map((name) => [name, join(folder, shardOf(weightMap[name], name, index))]),
  );
  refuseMissingShards(new Set(files.values()), index);
  return files;
}

/** A GGUF file stays where its user has it; a link to it may outlive it. */
async function refuseLostLink(link: string): Promise<void> {
  if (existsSync(link)) return;
  const target = await readlink(link).catch(() => undefined);
  if (target === undefined) return;
  throw new ModelFileError(
    target,
    'the GGUF file with the weights is no longer there. Put it back, or name it anew in the "model" stage.',
  );
}

function refuseMissingShards(files: ReadonlySet<string>, index: string): void {
  const missing = [...files].filter((file) => !existsSync(file)).map((file) => `"${basename(file)}"`);
  if (missing.length === 0) return;
  throw new ModelFileError(
    index,
    `of its ${files.size} ${files.size === 1 ? 'file' : 'files'}, ${missing.sort().join(', ')} ${missing.length === 1 ? 'is' : 'are'} not there. Fetch the rest of the model.`,
  );
}

/** Shards lie beside the index; a name that leads elsewhere is refused. */
function shardOf(shard: unknown, name: string, index: string): string {
  if (typeof shard !== 'string') {
    throw new ModelFileError(index, `tensor "${name}" is in no file. Fetch the model again.`);
  }
  if (/[/\\]/.test(shard)) {
    throw new ModelFileError(
      index,
      `tensor "${name}" is in "${shard}", outside the folder. Fetch the model again.`,
    );
  }
  return shard;
}

async function openWeights(file: string): Promise<WeightFile> {
  return file.endsWith('.gguf') ? GgufWeights.open(file) : SafetensorsFile.open(file);
}

function groupByFile(files: ReadonlyMap<string, string>): ReadonlyMap<string, readonly string[]> {
  return groupedBy(files.keys(), (name) => files.get(name) ?? '');
}

interface Wanted {
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  readonly precision: Precision;
}

/** One by one, so that nothing is lost of those that were read before one that cannot be. */
async function* readFrom(
  file: string,
  names: readonly string[],
  { shapes, precision }: Wanted,
): AsyncGenerator<readonly [name: string, tensor: tf.Tensor], void, undefined> {
  const source = await openWeights(file);
  try {
    for (const name of names) {
      checkEntry(source, name, shapes.get(name) ?? []);
      const tensor = tensorOf(await source.read(name));
      const isRounded = precision === 'bfloat16' && hasHalfPrecision(tensor.shape);
      yield [name, isRounded ? intoBfloat16(tensor) : tensor];
    }
  } finally {
    await source.close();
  }
}

function checkEntry(source: WeightFile, name: string, expected: readonly number[]): void {
  const entry = source.entries.get(name);
  if (entry === undefined) {
    throw new ModelFileError(
      source.file,
      `tensor "${name}" is missing. The weights do not belong to config.json, or are incomplete. Fetch both from one place.`,
    );
  }
  if (entry.type !== 'F32' && entry.type !== 'F16' && entry.type !== 'BF16') {
    throw new ModelFileError(
      source.file,
      `tensor "${name}" has type ${entry.type}; F32, F16 and BF16 weights can be read. Export it in one of these.`,
    );
  }
  if (entry.shape.join() !== expected.join()) {
    throw new ModelFileError(
      source.file,
      `tensor "${name}" has shape [${entry.shape.join(', ')}]; config.json asks for [${expected.join(', ')}]. ` +
        'They do not belong to the same model. Fetch both from one place.',
    );
  }
}
