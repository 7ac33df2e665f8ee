import type * as tf from '@tensorflow/tfjs';
import type { ModelConfig } from '../config.js';
import type { LayerQkv } from '../transformer.js';

/** What one layer remembers of the tokens that it has seen. */
export type LayerMemory = Readonly<Record<string, tf.Tensor>>;

/** What a layer gives for new tokens. The caller owns all tensors. */
export type DecodedLayer = {
  /** `[batch, heads, new tokens, headSize]`, before the output projection. */
  readonly output: tf.Tensor4D;
  readonly memory: LayerMemory;
};

/** Tensors that say where new tokens stand, the same for all layers. */
export type SharedTensors = Readonly<Record<string, tf.Tensor>>;

/** New tokens: `fresh` of them, after `first` others. */
export interface NewPositions {
  readonly first: number;
  readonly fresh: number;
}

/** Where `attend` is called. */
export interface DecodingPlace {
  readonly layer: number;
  /** What `shared` gave for these tokens. */
  readonly shared: SharedTensors;
}

/** How the layers of a decoder attend from new tokens, one or many, to themselves and to all tokens before them. */
export interface LayerDecoding {
  /**
   * All that depends on where the tokens stand: `attend` knows the shapes of its tensors and nothing else, so that
   * what it does can be repeated for other positions. The caller owns the tensors.
   */
  shared(positions: NewPositions, config: ModelConfig): SharedTensors;
  /**
   * Keys and values come once for each key-value head. The memory is undefined before the first token; one that was
   * given stays the caller's, who uses it for nothing but to dispose of it.
   */
  attend(memory: LayerMemory | undefined, tokens: LayerQkv, place: DecodingPlace): DecodedLayer;
}
