import * as tf from '@tensorflow/tfjs';
import { InternalError } from '../../base/unreachable.js';
import { gradientsThrough, lossAndGradients, type LossAndGradients } from '../gradients.js';
import { inLayer, ofLayer } from '../hybrid/layer-tensors.js';
import { layerWeights } from '../layer-weights.js';
import type { Parameters } from '../parameters.js';
import { bytesKept, productBytes, recalled, remembering } from '../remembered-products.js';
import { ReplayedLayers } from '../replay/replayed-layers.js';
import { leavesOf, type TensorTree } from '../replay/tensor-tree.js';
import { decoderLayer, embed, finalNorm, outputWeight, type LayerParts, type Llama } from '../transformer.js';
import { crossEntropy } from './cross-entropy.js';
import { nextTokens, type ScoredTokens } from './language-model-loss.js';

/** What one step trains: tensors named `layers.{i}.…`, and what a layer computes with them. */
export interface TrainedLayers {
  readonly trained: Parameters;
  /**
   * In every step the same function of what flows through a layer, of the model's weights, of `trained` and of what
   * `reads` gives.
   */
  readonly parts: LayerParts;
  /** What else a layer reads that differs from layer to layer or from step to step, such as the windows it keeps. */
  readonly reads?: (layer: number) => TensorTree;
}

/** What a layer gives on the way forward: its output, and products of its frozen weights that are kept. */
type LayerOutput = { readonly x: tf.Tensor3D; readonly products: Readonly<Record<string, tf.Tensor>> };

/** What it gives on the way back: the gradients of what it trains, and the slope of the loss in its input. */
type LayerSlopes = {
  readonly gradients: Readonly<Record<string, tf.Tensor>>;
  readonly slope: tf.Tensor3D;
};

/** The loss, and its slope in the output of the last layer. */
type LossAndSlope = { readonly loss: tf.Scalar; readonly slope: tf.Tensor3D };

/**
 * Loss and gradients in what the layers of a decoder train, whose own weights are frozen: what `lossAndGradients` of
 * `languageModelLoss` gives, in the memory of one layer. The way forward keeps the input of every layer and, while there
 * is room, the products of its frozen weights; the way back computes each layer again (Chen et al. 2016, arXiv
 * 1604.06174). What a layer does is replayed in later steps.
 */
export class LanguageModelGradients {
  readonly #forward = new ReplayedLayers<LayerOutput>();
  readonly #loss = new ReplayedLayers<LossAndSlope>();
  readonly #back = new ReplayedLayers<LayerSlopes>();

  /** The model stays the caller's, and outlives this. */
  constructor(private readonly model: Llama) {}

  /** The caller owns the result. */
  of(layers: TrainedLayers, batch: ScoredTokens): LossAndGradients {
    const { states, output } = this.#forwardOf(layers, batch.tokens);
    const { loss, slope } = this.#lossOf(output, batch);
    output.dispose();
    const gradients = new Map<string, tf.Tensor>();
    let behind = slope;
    for (let layer = states.length - 1; layer >= 0; layer -= 1) {
      const state = states.pop();
      if (state === undefined) throw new InternalError('more layers are asked for than were computed');
      const back = this.#backThrough(layers, layer, { ...state, slope: behind });
      tf.dispose([state, behind]);
      for (const [name, gradient] of inLayer(back.gradients, layer)) gradients.set(name, gradient);
      behind = back.slope;
    }
    behind.dispose();
    return { loss, gradients };
  }

  /** Frees what was recorded. */
  dispose(): void {
    for (const part of [this.#forward, this.#loss, this.#back]) part.dispose();
  }

  /** The input of every layer with the products that were kept of it, and the output of the last. */
  #forwardOf(
    layers: TrainedLayers,
    tokens: tf.Tensor2D,
  ): { readonly states: LayerOutput[]; readonly output: tf.Tensor3D } {
    const states: LayerOutput[] = [];
    let room = bytesKept;
    let x = kept(embed(this.model, tokens));
    for (let layer = 0; layer < this.model.config.layers; layer += 1) {
      const weights = layerWeights(this.model, layer);
      const bytes = productBytes(weights, tokens.size);
      const output = this.#layerOutput(layers, layer, { x, remembers: bytes <= room });
      if (bytes <= room) room -= bytes;
      states.push({ x, products: output.products });
      x = output.x;
    }
    return { states, output: x };
  }

  #layerOutput(
    layers: TrainedLayers,
    layer: number,
    { x, remembers }: { readonly x: tf.Tensor3D; readonly remembers: boolean },
  ): LayerOutput {
    const weights = layerWeights(this.model, layer);
    return kept(
      this.#forward.run(
        { x, weights, ...inputsOf(layers, layer) },
        `${layer}${remembers ? ' remembering' : ''}`,
        () => {
          const products: Record<string, tf.Tensor> = {};
          const model = remembers ? { ...this.model, product: remembering(weights, products) } : this.model;
          return { x: decoderLayer(model, x, layer, layers.parts), products };
        },
      ),
    );
  }

  #lossOf(hidden: tf.Tensor3D, { tokens, scored }: ScoredTokens): LossAndSlope {
    const { model } = this;
    const norm = model.parameters.get('model.norm.weight') ?? [];
    const inputs = { hidden, tokens, scored, norm, output: outputWeight(model) };
    return kept(
      this.#loss.run(inputs, 'loss', () => {
        const { loss, gradients } = lossAndGradients(new Map([['hidden', hidden]]), () =>
          tf.tidy(() => {
            const rows = finalNorm(model, hidden).reshape<tf.Tensor2D>([-1, hidden.shape[2]]);
            const targets = nextTokens(tokens, scored);
            return crossEntropy(rows, outputWeight(model), targets, { outputIsFrozen: true });
          }),
        );
        return { loss, slope: slopeIn('hidden', gradients) };
      }),
    );
  }

  #backThrough(
    layers: TrainedLayers,
    layer: number,
    { x, products, slope }: LayerOutput & { readonly slope: tf.Tensor3D },
  ): LayerSlopes {
    const weights = layerWeights(this.model, layer);
    const inputs = { x, slope, products, weights, ...inputsOf(layers, layer) };
    return kept(
      this.#back.run(inputs, String(layer), () => {
        const model = { ...this.model, product: recalled(weights, products) };
        const own = new Map([...Object.entries(ofLayer(layers.trained, layer)), ['', x] as const]);
        const gradients = gradientsThrough(own, () => decoderLayer(model, x, layer, layers.parts), slope);
        const back = slopeIn('', gradients);
        gradients.delete('');
        return { gradients: Object.fromEntries(gradients), slope: back };
      }),
    );
  }
}

/** What a layer reads beside what flows through it and the model's weights. */
function inputsOf({ trained, reads }: TrainedLayers, layer: number): { readonly [name: string]: TensorTree } {
  return { trained: ofLayer(trained, layer), read: reads?.(layer) ?? [] };
}

function slopeIn(name: string, gradients: ReadonlyMap<string, tf.Tensor>): tf.Tensor3D {
  const slope = gradients.get(name);
  if (slope === undefined) throw new InternalError('the loss does not depend on a layer');
  return slope as tf.Tensor3D;
}

/** The same tensors, whatever scope ends. */
function kept<Tree extends TensorTree>(tree: Tree): Tree {
  for (const tensor of leavesOf(tree)) tf.keep(tensor);
  return tree;
}
