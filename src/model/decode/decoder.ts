import * as tf from '@tensorflow/tfjs';
import { isBfloat16 } from '../bfloat16/rounding.js';
import type { Adapters } from '../low-rank.js';
import { embed, finalNorm, outputWeight, type Llama } from '../transformer.js';
import { decodingQkv, decodingRest } from './decoding-layer.js';
import type { LayerDecoding, LayerMemory, SharedTensors } from './layer-decoding.js';
import { Replayed } from '../replay/replayed.js';
import { projection } from './row-product.js';
import { rotationOf, type Rotation } from './rotation.js';

/** How a decoder attends, and what is added to its projections. */
export interface DecoderParts {
  readonly decoding: LayerDecoding;
  readonly adapters?: Adapters | undefined;
}

/** Tokens taken in at once: bounds the memory that a long prompt needs. */
const tokensAtOnce = 128;

/** What a step of all layers works on. Whatever depends on the place in the sequence stands here. */
type StepInputs = {
  /** `[1, tokens]`. */
  readonly tokens: tf.Tensor2D;
  readonly rotation: Rotation;
  readonly shared: SharedTensors;
  /** Of each layer; none before the first token. */
  readonly memories: readonly LayerMemory[];
};

/** What it gives: the scores of the token after the last one, and the memories with the new tokens. */
type StepResults = { readonly scores: tf.Tensor1D; readonly memories: readonly LayerMemory[] };

/** A model that reads one sequence from left to right and remembers what it needs of it. */
export class Decoder {
  #memories: readonly LayerMemory[] = [];
  #position = 0;
  readonly #steps = new Replayed((inputs: StepInputs): StepResults => this.#step(inputs));

  /** The model, whose projections may be packed, and the adapters stay the caller's and outlive the decoder. */
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
      .reduce((total, tensor) => total + tensor.size * (isBfloat16(tensor) ? 2 : 4), 0);
  }

  /** Takes in tokens, at least one, and gives the scores of the token after them: `[vocabulary]`. The caller owns them. */
  take(tokens: readonly number[]): tf.Tensor1D {
    for (let start = 0; start + tokensAtOnce < tokens.length; start += tokensAtOnce)
      this.#advance(tokens.slice(start, start + tokensAtOnce)).dispose();
    const rest = tokens.length % tokensAtOnce || tokensAtOnce;
    return this.#advance(tokens.slice(-rest));
  }

  /** Forgets the sequence and frees what was remembered of it. */
  dispose(): void {
    tf.dispose([...this.#memories]);
    this.#steps.dispose();
    this.#memories = [];
    this.#position = 0;
  }

  #advance(tokens: readonly number[]): tf.Tensor1D {
    const { config } = this.model;
    const [first, fresh] = [this.#position, tokens.length];
    const place = {
      tokens: tf.tensor2d([...tokens], [1, fresh], 'int32'),
      rotation: rotationOf(config, first, fresh),
      shared: this.parts.decoding.shared({ first, fresh }, config),
    };
    const before = this.#memories;
    const inputs: StepInputs = { ...place, memories: before };
    const { scores, memories } = fresh === 1 ? this.#steps.run(inputs) : this.#steps.once(inputs);
    tf.dispose([...before]);
    tf.dispose(place);
    this.#memories = memories;
    this.#position += fresh;
    return scores;
  }

  #step({ tokens, rotation, shared, memories: before }: StepInputs): StepResults {
    const { decoding, adapters } = this.parts;
    const { config } = this.model;
    const count = tokens.shape[1];
    const memories: LayerMemory[] = [];
    let x = embed(this.model, tokens).reshape<tf.Tensor2D>([count, config.hiddenSize]);
    for (let layer = 0; layer < config.layers; layer += 1) {
      const next = tf.tidy(() => {
        const place = { model: this.model, layer, adapters };
        const qkv = decodingQkv(place, x, rotation);
        const { output, memory } = decoding.attend(before[layer], qkv, { layer, shared });
        return { x: decodingRest(place, x, output), memory };
      });
      memories.push(next.memory);
      x.dispose();
      x = next.x;
    }
    const last = tf.slice(x, [count - 1, 0], [1, -1]).reshape<tf.Tensor3D>([1, 1, config.hiddenSize]);
    const normalised = finalNorm(this.model, last).reshape<tf.Tensor2D>([1, config.hiddenSize]);
    return { scores: projection(normalised, outputWeight(this.model)).flatten(), memories };
  }
}
