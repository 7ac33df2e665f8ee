import { readFile } from 'node:fs/promises';
import { isJsonObject, type Json, type JsonObject } from '../base/json.js';
import { ModelFileError } from './model-file-error.js';

/** The shape of a Llama decoder. Sizes count features, tokens or heads; all are positive integers. */
export interface ModelConfig {
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
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ModelFileError(file, `the file is not valid JSON (${reason}). Fetch or export it again.`, {
      cause,
    });
  }
}

/** The model that a parsed config.json describes; `file` is named in errors. Throws a `ModelFileError`. */
export function modelConfigFromJson(json: JsonObject, file: string): ModelConfig {
  refuseOtherArchitectures(json, file);
  const size = (key: string, fallback?: number): number => positiveInteger(json, key, { file, fallback });
  const hiddenSize = size('hidden_size');
  const heads = size('num_attention_heads');
  const beginToken = optionalToken(json, 'bos_token_id');
  const endToken = optionalToken(json, 'eos_token_id');
  const config: ModelConfig = {
    hiddenSize,
    layers: size('num_hidden_layers'),
    heads,
    keyValueHeads: size('num_key_value_heads', heads),
    headSize: size('head_dim', hiddenSize / heads),
    intermediateSize: size('intermediate_size'),
    vocabularySize: size('vocab_size'),
    contextLength: size('max_position_embeddings'),
    ropeTheta: ropeTheta(json, file),
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
  return {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    attention_bias: false,
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
    rope_scaling: null,
    rope_theta: config.ropeTheta,
    tie_word_embeddings: config.tiedEmbeddings,
    torch_dtype: 'float32',
    use_cache: true,
    vocab_size: config.vocabularySize,
  };
}

const remedy = 'Fetch the model again, or name a folder with a complete config.json.';

function refuseOtherArchitectures(json: JsonObject, file: string): void {
  const type = json['model_type'];
  if (type !== 'llama') {
    throw new ModelFileError(
      file,
      `"model_type" is ${JSON.stringify(type ?? null)}; only "llama" can be read. Name a folder with a Llama model.`,
    );
  }
  const activation = json['hidden_act'] ?? 'silu';
  if (activation !== 'silu') {
    throw new ModelFileError(file, `"hidden_act" is ${JSON.stringify(activation)}; Llama models use "silu".`);
  }
  for (const key of ['attention_bias', 'mlp_bias']) {
    if (json[key] === true) throw new ModelFileError(file, `"${key}" is true; biases are not supported.`);
  }
}

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
  const scaling = json['rope_scaling'];
  const parameters = json['rope_parameters'];
  const named = isJsonObject(parameters) ? parameters : isJsonObject(scaling) ? scaling : {};
  const type = named['rope_type'] ?? named['type'] ?? 'default';
  if (type !== 'default') {
    throw new ModelFileError(
      file,
      `the rotary embedding type ${JSON.stringify(type)} is not supported. Name a model without scaled positions.`,
    );
  }
  const theta = json['rope_theta'] ?? named['rope_theta'] ?? 10_000;
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
