import type { Json, JsonObject } from '../base/json.js';
import { ModelFileError } from './model-file-error.js';

/** What distinguishes decoders of Llama's kind from one another. */
export interface FamilyTraits {
  /** Whether query, key and value projections have biases. */
  readonly projectionBiases: boolean;
  /** Whether the output projection of attention has one too. */
  readonly outputBias: boolean;
  /** Whether queries and keys are normalised head by head before they turn (Qwen3). */
  readonly headNorms: boolean;
  /** The last keys that a query sees, its own included; all before it where absent. */
  readonly slidingWindow?: number;
}

/** The families that can be read, by their `model_type`; SmolLM2 is a `llama`. */
export const families = { llama: 'Llama', mistral: 'Mistral', qwen2: 'Qwen2', qwen3: 'Qwen3' } as const;

/** The `model_type` of a conversion that `export` wrote for transformers. */
export const hybridType = 'hpl_hybrid';

export type Family = keyof typeof families;

/** The family of a config.json. Throws a `ModelFileError` that lists the known ones. */
export function familyOf(json: JsonObject, file: string): Family {
  // The modeling file of an exported conversion has a type of its own; its decoder is still of a known family.
  const type = json['model_type'] === hybridType ? json['base_model_type'] : json['model_type'];
  if (typeof type === 'string' && Object.hasOwn(families, type)) return type as Family;
  throw new ModelFileError(
    file,
    `"model_type" is ${JSON.stringify(type ?? null)}; ${Object.keys(families).join(', ')} can be read. ` +
      'Name a folder with a model of one of these.',
  );
}

/** What the config.json of a model of that family says beyond sizes. Throws a `ModelFileError`. */
export function familyTraits(family: Family, json: JsonObject, file: string): FamilyTraits {
  refuseOtherBlocks(json, file);
  const slidingWindow = windowOf(family, json, file);
  const biased = json['attention_bias'] === true;
  return {
    projectionBiases: family === 'qwen2' || (family !== 'mistral' && biased),
    outputBias: biased && hasOutputBias(family),
    headNorms: family === 'qwen3',
    ...(slidingWindow === undefined ? {} : { slidingWindow }),
  };
}

/** What of that config.json says the traits: those keys that `familyTraits` reads. */
export function familyTraitsToJson(
  { outputBias, slidingWindow }: Partial<FamilyTraits>,
  family: Family,
): JsonObject {
  return {
    attention_bias: hasOutputBias(family) && outputBias === true,
    ...windowToJson(family, slidingWindow),
  };
}

/** Qwen's layers see everything unless told otherwise; Mistral's have a window unless told otherwise. */
function windowToJson(family: Family, slidingWindow: number | undefined): JsonObject {
  const window = { sliding_window: slidingWindow ?? null };
  if (family === 'mistral') return window;
  if (slidingWindow === undefined) return {};
  return { ...window, use_sliding_window: true, max_window_layers: 0 };
}

/** Qwen2 has none, whatever its config says. */
function hasOutputBias(family: Family): boolean {
  return family === 'llama' || family === 'qwen3';
}

function refuseOtherBlocks(json: JsonObject, file: string): void {
  const activation = json['hidden_act'] ?? 'silu';
  if (activation !== 'silu') {
    throw new ModelFileError(
      file,
      `"hidden_act" is ${JSON.stringify(activation)}; only "silu" can be computed. Name another model.`,
    );
  }
  if (json['mlp_bias'] === true) {
    throw new ModelFileError(
      file,
      '"mlp_bias" is true; feed-forward blocks with biases are not supported. Name another model.',
    );
  }
}

/** What transformers takes for a Mistral whose config is silent. */
const mistralWindow = 4096;

function windowOf(family: Family, json: JsonObject, file: string): number | undefined {
  const window = json['sliding_window'] ?? (json['sliding_window'] === null ? null : mistralWindow);
  // Qwen configs name a window that is used only where they say so; Llama has none.
  const used = family === 'mistral' || (family !== 'llama' && json['use_sliding_window'] === true);
  if (!used || window === null) return undefined;
  if (typeof window !== 'number' || !Number.isSafeInteger(window) || window < 1) {
    throw new ModelFileError(
      file,
      `"sliding_window" is ${JSON.stringify(window)}, not a positive integer. Fetch the model again.`,
    );
  }
  const sliding = slidingLayers(family, json);
  if (sliding === 'some') refuseMixedLayers(file);
  return sliding === 'all' ? window : undefined;
}

function slidingLayers(family: Family, json: JsonObject): 'all' | 'some' | 'none' {
  const types = json['layer_types'] ?? null;
  if (Array.isArray(types)) {
    const sliding = types.filter((type: Json) => type === 'sliding_attention').length;
    return sliding === 0 ? 'none' : sliding === types.length ? 'all' : 'some';
  }
  if (family === 'mistral') return 'all';
  // Qwen: the first layers see everything, those from this one on a window.
  const first = Number(json['max_window_layers'] ?? 28);
  if (first === 0) return 'all';
  return first >= Number(json['num_hidden_layers']) ? 'none' : 'some';
}

function refuseMixedLayers(file: string): never {
  throw new ModelFileError(
    file,
    'some layers have a sliding window and some have none, which is not supported. Name another model.',
  );
}
