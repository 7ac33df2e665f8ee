import { readFile } from 'node:fs/promises';
import { isJsonObject, type Json, type JsonObject } from '../base/json.js';
import { reasonOf } from '../base/reason.js';
import {
  families,
  familyOf,
  familyTraits,
  familyTraitsToJson,
  type Family,
  type FamilyTraits,
} from './model-family.js';
import { ModelFileError } from './model-file-error.js';
import { ropeScalingFromJson, ropeScalingToJson, ropeSettings, type RopeScaling } from './rope-scaling.js';

/**
 * The shape of a decoder of Llama's kind. Sizes count features, tokens or heads; all are positive integers. What a
 * family adds is absent for a plain Llama.
 */
export interface ModelConfig extends Partial<FamilyTraits> {
  readonly family?: Family;
  readonly hiddenSize: number;
  readonly layers: number;
  readonly heads: number;
  /** Divides `heads`; each key-value head serves `heads / keyValueHeads` query heads in order. */
  readonly keyValueHeads: number;
  /** Features of one head; even, because rotary embeddings turn pairs. */
  readonly headSize: number;
  readonly intermediateSize: number;
  readonly vocabularySize: number;
  /** The longest sequence that the model was made for, in tokens. */
  readonly contextLength: number;
  readonly ropeTheta: number;
  readonly ropeScaling?: RopeScaling;
  readonly rmsNormEpsilon: number;
  /** Whether the output projection is the embedding table itself. */
  readonly tiedEmbeddings: boolean;
  /** The token before a text, where the model has one. */
  readonly beginToken?: number;
  /** The token after a text, where the model has one. */
  readonly endToken?: number;
}

/** Reads the config.json of a Hugging Face folder. Rejects with a `ModelFileError`. */
export async function readModelConfig(file: string): Promise<ModelConfig> {
  return modelConfigFromJson(await readJsonObject(file), file);
}

/** Reads a file that must hold one JSON object. Rejects with a `ModelFileError`. */
export async function readJsonObject(file: string): Promise<JsonObject> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new ModelFileError(file, 'the file cannot be read. Check the path and its permissions.', { cause });
  });
  const value = parseJson(file, text);
  if (isJsonObject(value)) return value;
  throw new ModelFileError(file, 'the file holds no JSON object. Fetch or export the file again.');
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new ModelFileError(
      file,
      `the file is not valid JSON (${reasonOf(cause)}). Fetch or export it again.`,
      {
        cause,
      },
    );
  }
}

/** The model that a parsed config.json describes; `file` is named in errors. Throws a `ModelFileError`. */
export function modelConfigFromJson(json: JsonObject, file: string): ModelConfig {
  const family = familyOf(json, file);
  const size = (key: string, fallback?: number): number => positiveInteger(json, key, { file, fallback });
  const hiddenSize = size('hidden_size');
  const heads = size('num_attention_heads');
  const beginToken = optionalToken(json, 'bos_token_id');
  const endToken = optionalToken(json, 'eos_token_id');
  const ropeScaling = ropeScalingFromJson(ropeSettings(json), file);
  const config: ModelConfig = {
    family,
    ...familyTraits(family, json, file),
    hiddenSize,
    layers: size('num_hidden_layers'),
    heads,
    keyValueHeads: size('num_key_value_heads', heads),
    headSize: size('head_dim', hiddenSize / heads),
    intermediateSize: size('intermediate_size'),
    vocabularySize: size('vocab_size'),
    contextLength: size('max_position_embeddings'),
    ropeTheta: ropeTheta(json, file),
    ...(ropeScaling === undefined ? {} : { ropeScaling }),
    rmsNormEpsilon: positiveNumber(json, 'rms_norm_eps', file),
    tiedEmbeddings: json['tie_word_embeddings'] === true,
    ...(beginToken === undefined ? {} : { beginToken }),
    ...(endToken === undefined ? {} : { endToken }),
  };
  refuseImpossibleShapes(config, file);
  return config;
}

/** The config.json of the model, as Hugging Face transformers reads it. */
export function modelConfigToJson(config: ModelConfig): JsonObject {
  const family = config.family ?? 'llama';
  return {
    architectures: [`${families[family]}ForCausalLM`],
    model_type: family,
    ...familyTraitsToJson(config, family),
    attention_dropout: 0,
    bos_token_id: config.beginToken ?? null,
    eos_token_id: config.endToken ?? null,
    head_dim: config.headSize,
    hidden_act: 'silu',
    hidden_size: config.hiddenSize,
    initializer_range: 0.02,
    intermediate_size: config.intermediateSize,
    max_position_embeddings: config.contextLength,
    mlp_bias: false,
    num_attention_heads: config.heads,
    num_hidden_layers: config.layers,
    num_key_value_heads: config.keyValueHeads,
    rms_norm_eps: config.rmsNormEpsilon,
    rope_scaling: ropeScalingToJson(config.ropeScaling),
    rope_theta: config.ropeTheta,
    tie_word_embeddings: config.tiedEmbeddings,
    torch_dtype: 'float32',
    use_cache: true,
    vocab_size: config.vocabularySize,
  };
}

const remedy = 'Fetch the model again, or name a folder with a complete config.json.';

function refuseImpossibleShapes(config: ModelConfig, file: string): void {
  if (config.heads % config.keyValueHeads !== 0) {
    throw new ModelFileError(
      file,
      `${config.keyValueHeads} key-value heads do not divide ${config.heads} heads. ${remedy}`,
    );
  }
  if (config.headSize % 2 !== 0) {
    throw new ModelFileError(file, `the head size ${config.headSize} is odd; rotary embeddings need pairs.`);
  }
}

function ropeTheta(json: JsonObject, file: string): number {
  const theta = json['rope_theta'] ?? ropeSettings(json)['rope_theta'] ?? 10_000;
  return positiveNumber({ rope_theta: theta }, 'rope_theta', file);
}

interface IntegerPlace {
  readonly file: string;
  readonly fallback: number | undefined;
}

function positiveInteger(json: JsonObject, key: string, { file, fallback }: IntegerPlace): number {
  const value = json[key] ?? fallback;
  if (value === undefined) throw new ModelFileError(file, `the key "${key}" is missing. ${remedy}`);
  if (Number.isSafeInteger(value) && (value as number) > 0) return value as number;
  throw new ModelFileError(
    file,
    `the key "${key}" is ${JSON.stringify(value)}, not a positive integer. ${remedy}`,
  );
}

function positiveNumber(json: JsonObject, key: string, file: string): number {
  const value: Json | undefined = json[key];
  if (value === undefined) throw new ModelFileError(file, `the key "${key}" is missing. ${remedy}`);
  if (typeof value === 'number' && Number.isFinite(value) && value > 0) return value;
  throw new ModelFileError(
    file,
    `the key "${key}" is ${JSON.stringify(value)}, not a positive number. ${remedy}`,
  );
}

/** Llama 3 gives several end tokens; the first one ends a text. */
function optionalToken(json: JsonObject, key: string): number | undefined {
  const value = json[key];
  const first = Array.isArray(value) ? (value as readonly Json[])[0] : value;
  return typeof first === 'number' ? first : undefined;
}
