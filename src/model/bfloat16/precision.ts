import { parameter, type Parameters } from '../parameters.js';
import { isBfloat16 } from './rounding.js';

/** How the frozen matrices of a model are kept. */
export type Precision = 'float32' | 'bfloat16';

/** How a model keeps its matrices. */
export function precisionOf({ parameters }: { readonly parameters: Parameters }): Precision {
  return isBfloat16(parameter(parameters, 'model.embed_tokens.weight')) ? 'bfloat16' : 'float32';
}
