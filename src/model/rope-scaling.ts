import { isJsonObject, type Json, type JsonObject } from '../base/json.js';
import { ModelFileError } from './model-file-error.js';

/** How rotary frequencies are slowed down for contexts longer than those of pretraining. */
export type RopeScaling = LinearScaling | Llama3Scaling;

/** Every position divided by `factor` (Chen et al. 2023). */
export interface LinearScaling {
  readonly type: 'linear';
  readonly factor: number;
}

/**
 * Llama 3.1's: waves that turn fewer than `lowTurns` times within the original context are slowed by `factor`, those
 * that turn more than `highTurns` times stay, those between are blended.
 */
export interface Llama3Scaling {
  readonly type: 'llama3';
  readonly factor: number;
  readonly lowTurns: number;
  readonly highTurns: number;
  /** The longest sequence of pretraining, in tokens. */
  readonly originalContext: number;
}

/** The frequency, in radians for each position, after scaling. In single precision, as the reference computes it. */
export function scaledFrequency(frequency: number, scaling: RopeScaling | undefined): number {
  if (scaling === undefined) return frequency;
  const slowed = Math.fround(frequency / scaling.factor);
  if (scaling.type === 'linear') return slowed;
  const turns = (scaling.originalContext * frequency) / (2 * Math.PI);
  if (turns < scaling.lowTurns) return slowed;
  if (turns > scaling.highTurns) return frequency;
  const smooth = (turns - scaling.lowTurns) / (scaling.highTurns - scaling.lowTurns);
  return Math.fround((1 - smooth) * slowed + smooth * frequency);
}

/** The scaling in the `rope_scaling` or `rope_parameters` of a config.json. Throws a `ModelFileError`. */
export function ropeScalingFromJson(json: JsonObject, file: string): RopeScaling | undefined {
  const type = json['rope_type'] ?? json['type'] ?? 'default';
  const number = (key: string): number => positive(json[key], key, file);
  switch (type) {
    case 'default':
      return undefined;
    case 'linear':
      return { type, factor: number('factor') };
    case 'llama3':
      return {
        type,
        factor: number('factor'),
        lowTurns: number('low_freq_factor'),
        highTurns: number('high_freq_factor'),
        originalContext: number('original_max_position_embeddings'),
      };
    default:
      throw new ModelFileError(
        file,
        `the rotary embedding type ${JSON.stringify(type)} cannot be read; default, linear and llama3 can. ` +
          'Name a model with one of these.',
      );
  }
}

/** `rope_scaling` as config.json has it. */
export function ropeScalingToJson(scaling: RopeScaling | undefined): Json {
  if (scaling === undefined) return null;
  if (scaling.type === 'linear') return { rope_type: 'linear', factor: scaling.factor };
  return {
    rope_type: 'llama3',
    factor: scaling.factor,
    low_freq_factor: scaling.lowTurns,
    high_freq_factor: scaling.highTurns,
    original_max_position_embeddings: scaling.originalContext,
  };
}

/** The object of a config.json that speaks of rotary embeddings; transformers 5 calls it `rope_parameters`. */
export function ropeSettings(json: JsonObject): JsonObject {
  const parameters = json['rope_parameters'];
  const scaling = json['rope_scaling'];
  if (isJsonObject(parameters)) return parameters;
  return isJsonObject(scaling) ? scaling : {};
}

function positive(value: Json | undefined, key: string, file: string): number {
  if (typeof value === 'number' && Number.isFinite(value) && value > 0) return value;
  throw new ModelFileError(
    file,
    `the rotary embedding's "${key}" is ${JSON.stringify(value ?? null)}, not a positive number. ` +
      'Fetch the model again, or name a folder with a complete config.json.',
  );
}
