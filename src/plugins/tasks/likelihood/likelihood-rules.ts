import type { JsonObject } from '../../../base/json.js';
import type { TaskContext } from '../../evaluation/task.js';
import { textEncoder, type TextEncoder } from './text-encoder.js';

/** The rules by which texts become what the model is run on. */
export interface LikelihoodRules {
  readonly encoder: TextEncoder;
  readonly maxLength: number;
  /** The rules as reports say them. */
  readonly settings: JsonObject;
}

/** The part of a task's options that says so. */
export interface LikelihoodOptions {
  readonly add_bos: boolean;
  readonly max_length?: number;
}

/** Fills in what the model decides: the most tokens it was made for, and the token that begins a text. */
export function likelihoodRules(options: LikelihoodOptions, context: TaskContext): LikelihoodRules {
  const maxLength = options.max_length ?? context.contextLength;
  const [prefix] = context.start;
  return {
    encoder: textEncoder(context, options.add_bos),
    maxLength,
    settings: {
      add_bos: options.add_bos,
      max_length: maxLength,
      ...(prefix === undefined ? {} : { prefix_token: prefix }),
    },
  };
}
