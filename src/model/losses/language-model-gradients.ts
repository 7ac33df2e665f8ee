import * as tf from '@tensorflow/tfjs';
import { InternalError } from '../../base/unreachable.js';
import { gradientsThrough, lossAndGradients, type LossAndGradients } from '../gradients.js';
import { layerOf } from '../hybrid/layer-tensors.js';
import type { Parameters } from '../parameters.js';
import { RememberedProducts } from '../remembered-products.js';
import { decoderLayer, embed, finalNorm, outputWeight, type LayerParts, type Llama } from '../transformer.js';
import { crossEntropy } from './cross-entropy.js';
import { nextTokens, type ScoredTokens } from './language-model-loss.js';

/** A decoder whose own weights are frozen, and what its layers train: tensors named `layers.{i}.…`. */
export interface TrainedLayers {
  readonly model: Llama;
  readonly trained: Parameters;
  readonly parts: LayerParts;
}

/**
 * Loss and gradients in what the layers train: what `lossAndGradients` of `languageModelLoss` gives, in the memory of
 * one layer. The way forward keeps the input of every layer and, while there is room, the products of its frozen
 * weights; the way back computes each layer again (Chen et al. 2016, arXiv 1604.06174). The caller owns the result.
 */
export function languageModelGradients(layers: TrainedLayers, batch: ScoredTokens): LossAndGradients {
  const { model } = layers;
  const products = new RememberedProducts();
  const states = forward({ ...layers, model: { ...model, product: products.remember } }, batch.tokens);
  const loss = lossAndSlope(model, taken(states), batch);
  const again = { ...layers, model: { ...model, product: products.recall } };
  const gradients = new Map<string, tf.Tensor>();
  let { slope } = loss;
  for (let layer = states.length - 1; layer >= 0; layer -= 1) {
    const back = layerGradients(again, layer, { x: taken(states), slope });
    for (const [name, gradient] of back.gradients) gradients.set(name, gradient);
    slope = back.slope;
  }
  slope.dispose();
  products.dispose();
  return { loss: loss.value, gradients };
}

/** The input of every layer, and behind them the output of the last, each [batch, time, hidden]. */
function forward({ model, parts }: TrainedLayers, tokens: tf.Tensor2D): tf.Tensor3D[] {
  let x = tf.keep(embed(model, tokens));
  const states = [x];
  for (let layer = 0; layer < model.config.layers; layer += 1) {
    x = tf.keep(decoderLayer(model, x, layer, parts));
    states.push(x);
  }
  return states;
}

function taken(states: tf.Tensor3D[]): tf.Tensor3D {
  const state = states.pop();
  if (state === undefined) throw new InternalError('more layers are asked for than were computed');
  return state;
}

/** The loss, and its slope in the output of the last layer, which is freed. */
function lossAndSlope(
  model: Llama,
  hidden: tf.Tensor3D,
  { tokens, scored }: ScoredTokens,
): { readonly value: tf.Scalar; readonly slope: tf.Tensor3D } {
  const { loss, gradients } = lossAndGradients(new Map([['hidden', hidden]]), () =>
    tf.tidy(() => {
      const rows = finalNorm(model, hidden).reshape<tf.Tensor2D>([-1, hidden.shape[2]]);
      return crossEntropy(rows, outputWeight(model), nextTokens(tokens, scored), { outputIsFrozen: true });
    }),
  );
  hidden.dispose();
  return { value: loss, slope: slopeIn('hidden', gradients) };
}

/** A layer's input, and the slope of the loss in its output; both are freed with the layer. */
interface LayerPassed {
  readonly x: tf.Tensor3D;
  readonly slope: tf.Tensor3D;
}

/** The gradients of what one layer trains, and the slope in its input. */
function layerGradients(
  { model, trained, parts }: TrainedLayers,
  layer: number,
  { x, slope }: LayerPassed,
): { readonly gradients: ReadonlyMap<string, tf.Tensor>; readonly slope: tf.Tensor3D } {
  const own = [...trained].filter(([name]) => layerOf(name) === layer);
  const inputs = new Map<string, tf.Tensor>([...own, ['x', x]]);
  const gradients = gradientsThrough(inputs, () => decoderLayer(model, x, layer, parts), slope);
  tf.dispose([x, slope]);
  const back = slopeIn('x', gradients);
  gradients.delete('x');
  return { gradients, slope: back };
}

function slopeIn(name: string, gradients: ReadonlyMap<string, tf.Tensor>): tf.Tensor3D {
  const slope = gradients.get(name);
  if (slope === undefined) throw new InternalError('the loss does not depend on a layer');
  return tf.keep(slope as tf.Tensor3D);
}
