import type * as tf from '@tensorflow/tfjs';
import type { LayerQkv } from '../transformer.js';

/** What one layer remembers of the tokens that it has seen. */
export type LayerMemory = Readonly<Record<string, tf.Tensor>>;

/** What a layer gives for new tokens. The caller owns all tensors. */
export type DecodedLayer = {
  /** `[batch, heads, new tokens, headSize]`, before the output projection. */
  readonly output: tf.Tensor4D;
  readonly memory: LayerMemory;
};

/**
 * How the layers of a decoder attend from new tokens, one or many, to themselves and to all tokens before them. Keys
 * and values come once for each key-value head. The given memory, undefined before the first token, stays the caller's.
 */
export type LayerDecoding = (
  memory: LayerMemory | undefined,
  tokens: LayerQkv,
  layer: number,
) => DecodedLayer;
