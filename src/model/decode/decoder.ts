import * as tf from '@tensorflow/tfjs';
import type { Adapters } from '../low-rank.js';
import { afterAttention, embed, finalNorm, groupedQkv, logits, type Llama } from '../transformer.js';
import type { LayerDecoding, LayerMemory } from './layer-decoding.js';

/** How a decoder attends, and what is added to its projections. */
export interface DecoderParts {
  readonly decoding: LayerDecoding;
  readonly adapters?: Adapters | undefined;
}

/** Tokens taken in at once: bounds the memory that a long prompt needs. */
const tokensAtOnce = 128;

/** A model that reads one sequence from left to right and remembers what it needs of it. */
export class Decoder {
  #memories: readonly LayerMemory[] = [];
  #position = 0;

  /** The model and the adapters stay the caller's. */
  constructor(
    private readonly model: Llama,
    private readonly parts: DecoderParts,
  ) {}

  /** How many tokens it has taken in. */
  get position(): number {
    return this.#position;
  }

  /** Bytes of what it remembers. */
  get stateBytes(): number {
    return this.#memories
      .flatMap((memory) => Object.values(memory))
      .reduce((total, tensor) => total + tensor.size * Float32Array.BYTES_PER_ELEMENT, 0);
  }

  /** Takes in tokens, at least one, and gives the scores of the token after them: `[vocabulary]`. The caller owns them. */
  take(tokens: readonly number[]): tf.Tensor1D {
    for (let start = 0; start + tokensAtOnce < tokens.length; start += tokensAtOnce)
      this.#advance(tokens.slice(start, start + tokensAtOnce)).dispose();
    const rest = tokens.length % tokensAtOnce || tokensAtOnce;
    const last = this.#advance(tokens.slice(-rest));
    const scores = tf.tidy(() => {
      const normalised = finalNorm(this.model, last);
      return logits(this.model, normalised).flatten();
    });
    last.dispose();
    return scores;
  }

  /** Forgets the sequence and frees what was remembered of it. */
  dispose(): void {
    tf.dispose([...this.#memories]);
    this.#memories = [];
    this.#position = 0;
  }

  /** All layers over new tokens: the last one's output for the last token, `[1, 1, hidden]`. */
  #advance(tokens: readonly number[]): tf.Tensor3D {
    const before = this.#memories;
    const { memories, last } = tf.tidy(() => {
      const made: LayerMemory[] = [];
      let x = embed(this.model, tf.tensor2d([...tokens], [1, tokens.length], 'int32'));
      for (let layer = 0; layer < this.model.config.layers; layer += 1) {
        const next = this.#layer(x, layer, before[layer]);
        made.push(next.memory);
        x.dispose();
        x = next.x;
      }
      return { memories: made, last: tf.slice(x, [0, tokens.length - 1, 0], [1, 1, -1]) };
    });
    tf.dispose([...before]);
    this.#memories = memories;
    this.#position += tokens.length;
    return last;
  }

  #layer(
    x: tf.Tensor3D,
    layer: number,
    memory: LayerMemory | undefined,
  ): { readonly x: tf.Tensor3D; readonly memory: LayerMemory } {
    const { decoding, adapters } = this.parts;
    return tf.tidy(() => {
      const tokens = groupedQkv(this.model, x, { layer, first: this.#position, adapters });
      const { output: context, memory: next } = decoding(memory, tokens, layer);
      return { x: afterAttention(this.model, x, layer, { context, adapters }), memory: next };
    });
  }
}
