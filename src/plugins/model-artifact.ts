import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { isJsonObject, type Json, type JsonObject } from '../base/json.js';
import type { ComponentValue } from '../base/signatures.js';
import type { Adapter } from '../model/adapter.js';
import { readJsonObject, readModelConfig, type ModelConfig } from '../model/config.js';
import type { FeatureMap } from '../model/feature-maps/feature-map.js';
import type { Mix } from '../model/attention/mix.js';
import type { Conversion } from '../model/hybrid/conversion.js';
import type { Adapters } from '../model/low-rank.js';
import type { Precision } from '../model/bfloat16/precision.js';
import { supportsBfloat16 } from '../model/bfloat16/rounding.js';
import { ModelFileError } from '../model/model-file-error.js';
import { checkTokenizer, readTokenizer, type Tokenizer } from '../model/tokenizer.js';
import type { Llama } from '../model/transformer.js';
import { loadLlama } from '../model/weights/hugging-face-folder.js';
import { readTensors, writeTensors } from '../model/weights/tensor-files.js';
import type { Artifact } from '../runtime/contract/artifact.js';
import { StageFailure, type StageContext } from '../runtime/contract/stage.js';
import { refuseWeights } from './memory/refuse-excess.js';
import { mendable } from './mendable.js';

/** How attention was converted, as model.json says it. */
export interface ConversionDescription {
  readonly window: number;
  readonly linear_scope: 'all' | 'outside_window';
  readonly feature_map: ComponentValue;
  readonly mix: ComponentValue;
}

/** The content of model.json: a model is the weights of an artifact plus what was trained since. */
export interface ModelDescription {
  /** The base weights lie in this artifact's own `base` folder, or in that of another artifact. */
  readonly base: { readonly folder: 'base' } | { readonly artifact: string };
  /** How the base weights are kept in memory, where not as float32; said where they lie. */
  readonly precision?: 'bf16';
  readonly conversion?: ConversionDescription;
  readonly adapter?: ComponentValue;
  /** The file of trained tensors, absent where there are none. */
  readonly trained?: 'trained.safetensors';
}

/** A model in memory. `dispose` frees every tensor of it, trained ones included. */
export interface LoadedModel {
  readonly llama: Llama;
  readonly tokenizer: Tokenizer;
  readonly description: ModelDescription;
  /** Fingerprint of the artifact that holds the base weights: `base.artifact` of every model derived from this one. */
  readonly baseArtifact: string;
  /** The Hugging Face folder of the base weights and the tokenizer. Read-only. */
  readonly baseFolder: string;
  readonly conversion?: Conversion;
  readonly adapter?: Adapter;
  /** `adapter` with the trained tensors; hand it to the decoder. */
  readonly adapters?: Adapters;
  /** Feature maps, mixes, adapters: what `description.trained` holds. */
  readonly trained: Map<string, tf.Tensor>;
  readonly dispose: () => void;
}

const schema = 'hpl.model/1';
/** Of an exported conversion. */
export const hybridSchema = 'hpl.hybrid/1';
const trainedFile = 'trained.safetensors';

/** What loading a model takes of a stage's context. */
export type ModelContext = Pick<StageContext, 'artifact' | 'component'>;

/**
 * Loads a `model` artifact: base weights, tokenizer, conversion, trained tensors. Weights come in the precision that
 * its `model` stage names, unless another one is asked for. Rejects with a `StageFailure`.
 */
export async function loadModel(
  artifact: Artifact,
  context: ModelContext,
  asked?: Precision,
): Promise<LoadedModel> {
  return mendable(async () => {
    const description = await readDescription(artifact);
    const holder = holderOf(artifact, description, context);
    const baseFolder = join(holder.folder, 'base');
    const tokenizer = await readTokenizer(baseFolder);
    const parts = await components(description, context);
    const precision = asked ?? (await precisionOf(holder));
    refuseUnknownPrecision(precision);
    refuseWeights(await readModelConfig(join(baseFolder, 'config.json')), precision);
    const llama = await loadLlama(baseFolder, precision);
    checkTokenizer(tokenizer, llama.config, baseFolder);
    const trained = await trainedTensors(artifact, description);
    return {
      llama,
      tokenizer,
      description,
      baseArtifact: holder.fingerprint,
      baseFolder,
      ...parts,
      ...(parts.adapter === undefined ? {} : { adapters: parts.adapter.apply(trained) }),
      trained,
      dispose: () => {
        disposeModel(llama, trained);
      },
    };
  });
}

/** What a `model` artifact is, without its weights. */
export interface ModelOutline extends Pick<LoadedModel, 'description' | 'baseArtifact'> {
  readonly config: ModelConfig;
  readonly precision: Precision;
}

/** Reads what a `model` artifact is, without its weights. Rejects with a `StageFailure`. */
export async function outlineModel(
  artifact: Artifact,
  context: Pick<ModelContext, 'artifact'>,
): Promise<ModelOutline> {
  return mendable(async () => {
    const description = await readDescription(artifact);
    const holder = holderOf(artifact, description, context);
    const config = await readModelConfig(join(holder.folder, 'base', 'config.json'));
    return { description, baseArtifact: holder.fingerprint, config, precision: await precisionOf(holder) };
  });
}

/** The trained tensors of a `model` artifact, without its weights. The caller owns them. Rejects with a `StageFailure`. */
export async function loadTrained(
  artifact: Artifact,
  { description }: ModelOutline,
): Promise<Map<string, tf.Tensor>> {
  return mendable(() => trainedTensors(artifact, description));
}

async function trainedTensors(
  artifact: Artifact,
  { trained }: ModelDescription,
): Promise<Map<string, tf.Tensor>> {
  return trained === undefined ? new Map() : readTensors(join(artifact.folder, trained));
}

/** The artifact that holds the base weights. */
function holderOf(
  artifact: Artifact,
  { base }: ModelDescription,
  context: Pick<ModelContext, 'artifact'>,
): Artifact {
  return 'artifact' in base ? context.artifact(base.artifact) : artifact;
}

async function precisionOf(holder: Artifact): Promise<Precision> {
  const { precision } = await readDescription(holder);
  return precision === 'bf16' ? 'bfloat16' : 'float32';
}

function refuseUnknownPrecision(precision: Precision): void {
  if (precision === 'float32' || supportsBfloat16()) return;
  throw new StageFailure(
    `The model's weights are to be bf16 ("precision" of its model stage), which the backend "${tf.getBackend()}" does ` +
      'not have. Use backend = tensorflow, or precision = fp32.',
  );
}

/** The tokenizer of a `model` artifact, without its weights. Rejects with a `StageFailure`. */
export async function loadTokenizer(artifact: Artifact, context: StageContext): Promise<Tokenizer> {
  return mendable(async () => {
    const holder = holderOf(artifact, await readDescription(artifact), context);
    return readTokenizer(join(holder.folder, 'base'));
  });
}

/** Writes model.json and the trained tensors into the folder of an artifact. The tensors stay the caller's. */
export async function saveModelDelta(
  folder: string,
  description: Omit<ModelDescription, 'trained'>,
  trained: ReadonlyMap<string, tf.Tensor>,
): Promise<void> {
  const hasTrained = trained.size > 0;
  if (hasTrained) await writeTensors(join(folder, trainedFile), trained);
  const { base, precision, conversion, adapter } = description;
  const json = {
    schema,
    base,
    ...(precision === undefined ? {} : { precision }),
    ...(conversion === undefined ? {} : { conversion }),
    ...(adapter === undefined ? {} : { adapter }),
    ...(hasTrained ? { trained: trainedFile } : {}),
  };
  await writeFile(join(folder, 'model.json'), `${JSON.stringify(json, null, 2)}\n`);
}

async function components(
  { conversion, adapter }: Pick<ModelDescription, 'conversion' | 'adapter'>,
  context: Pick<ModelContext, 'component'>,
): Promise<{ readonly conversion?: Conversion; readonly adapter?: Adapter }> {
  return {
    ...(conversion === undefined
      ? {}
      : {
          conversion: {
            window: conversion.window,
            linearScope: conversion.linear_scope,
            featureMap: await context.component<FeatureMap>('feature-map', conversion.feature_map),
            mix: await context.component<Mix>('mix', conversion.mix),
          },
        }),
    ...(adapter === undefined ? {} : { adapter: await context.component<Adapter>('adapter', adapter) }),
  };
}

/** A model in a Hugging Face folder, hybrid where `export` wrote it so. `dispose` frees every tensor of it. */
export type FolderModel = Pick<
  LoadedModel,
  'llama' | 'tokenizer' | 'conversion' | 'adapters' | 'trained' | 'dispose'
>;

/** The files of an exported conversion, beside the weights. */
export const hybridFiles = { config: 'hybrid_config.json', tensors: 'hybrid.safetensors' } as const;

/** Loads a Hugging Face folder with its tokenizer. Rejects with a `StageFailure`. */
export async function loadModelFolder(
  folder: string,
  context: Pick<ModelContext, 'component'>,
): Promise<FolderModel> {
  return mendable(async () => {
    const conversion = await readHybridConfig(join(folder, hybridFiles.config));
    const tokenizer = await readTokenizer(folder);
    const parts = await components(conversion === undefined ? {} : { conversion }, context);
    refuseWeights(await readModelConfig(join(folder, 'config.json')), 'float32');
    const llama = await loadLlama(folder);
    checkTokenizer(tokenizer, llama.config, folder);
    const trained =
      conversion === undefined
        ? new Map<string, tf.Tensor>()
        : await readTensors(join(folder, hybridFiles.tensors));
    return {
      llama,
      tokenizer,
      ...parts,
      trained,
      dispose: () => {
        disposeModel(llama, trained);
      },
    };
  });
}

async function readHybridConfig(file: string): Promise<ConversionDescription | undefined> {
  if (!existsSync(file)) return undefined;
  const json = await readJsonObject(file);
  if (json['schema'] === hybridSchema && isConversion(json)) return json;
  throw new ModelFileError(
    file,
    `this is no "${hybridSchema}" description of a conversion. Export the model again.`,
  );
}

function disposeModel({ parameters }: Llama, trained: ReadonlyMap<string, tf.Tensor>): void {
  for (const tensor of [...parameters.values(), ...trained.values()]) tensor.dispose();
}

async function readDescription(artifact: Artifact): Promise<ModelDescription> {
  const file = join(artifact.folder, 'model.json');
  const { schema: version, ...json } = await readJsonObject(file);
  if (version !== schema || !isDescription(json)) {
    throw new ModelFileError(
      file,
      `this is no "${schema}" description of a model. Run the stage that made it again.`,
    );
  }
  return json;
}

function isDescription(json: JsonObject): json is JsonObject & ModelDescription {
  const { base, precision, conversion, adapter, trained } = json;
  return (
    isBase(base) &&
    (precision === undefined || precision === 'bf16') &&
    (conversion === undefined || isConversion(conversion)) &&
    (adapter === undefined || isComponent(adapter)) &&
    (trained === undefined || trained === trainedFile)
  );
}

function isBase(value: Json | undefined): value is JsonObject & ModelDescription['base'] {
  if (!isJsonObject(value)) return false;
  return value['folder'] === 'base' || typeof value['artifact'] === 'string';
}

function isConversion(value: Json): value is JsonObject & ConversionDescription {
  if (!isJsonObject(value)) return false;
  const scope = value['linear_scope'];
  return (
    typeof value['window'] === 'number' &&
    (scope === 'all' || scope === 'outside_window') &&
    isComponent(value['feature_map']) &&
    isComponent(value['mix'])
  );
}

function isComponent(value: Json | undefined): value is ComponentValue {
  return isJsonObject(value) && typeof value['plugin'] === 'string' && isJsonObject(value['options']);
}
