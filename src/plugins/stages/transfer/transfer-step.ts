import * as tf from '@tensorflow/tfjs';
import { InternalError } from '../../../base/unreachable.js';
import { autocast } from '../../../model/bfloat16/autocast.js';
import { precisionOf } from '../../../model/bfloat16/precision.js';
import { lossAndGradients, type LossAndGradients } from '../../../model/gradients.js';
import type { Conversion } from '../../../model/hybrid/conversion.js';
import { layerOf } from '../../../model/hybrid/layer-tensors.js';
import type { TransferLayer, TransferObjective } from '../../../model/losses/transfer-objective.js';
import type { Parameters } from '../../../model/parameters.js';
import { afterAttention, embed, layerQkv, type Llama } from '../../../model/transformer.js';

/** What does not change from step to step. */
export interface TransferMatter {
  readonly llama: Llama;
  readonly conversion: Conversion;
  /** Every tensor of the conversion; those that are trained stand here as they were at the beginning. */
  readonly trained: Parameters;
  readonly objective: TransferObjective;
}

/** One step's loss, the mean over layers, with its gradients, and the loss of every layer `[layers]`. */
export interface TransferStep extends LossAndGradients {
  readonly layerLosses: tf.Tensor1D;
}

/**
 * Loss and gradients of one batch. The teacher runs layer by layer, and each layer's loss and gradients are taken at
 * once, so that memory is that of one layer. The caller owns the tensors.
 */
export function transferStep(
  matter: TransferMatter,
  parameters: Parameters,
  tokens: tf.Tensor2D,
): TransferStep {
  const layers = matter.llama.config.layers;
  const gradients = new Map<string, tf.Tensor>();
  const losses: tf.Scalar[] = [];
  eachLayer(matter, tokens, (layer) => {
    const own = new Map([...parameters].filter(([name]) => layerOf(name) === layer.input.layer));
    let attended: tf.Tensor4D | undefined;
    const { loss, gradients: found } = lossAndGradients(own, (inputs) =>
      tf.tidy(() => {
        const trained = new Map([...matter.trained, ...inputs]);
        const { loss, output } = matter.objective.compare({ ...layer, trained });
        attended = tf.keep(output);
        return tf.div(loss, layers);
      }),
    );
    for (const [name, gradient] of found) gradients.set(name, tf.keep(gradient));
    losses.push(tf.keep(loss));
    if (attended === undefined) throw new InternalError('the loss of a layer was not computed');
    return attended;
  });
  const layerLosses = tf.tidy(() => tf.mul<tf.Tensor1D>(tf.stack(losses), layers));
  const loss = tf.addN(losses);
  tf.dispose(losses);
  return { loss, gradients, layerLosses };
}

/** The mean of the layers' losses, without gradients. */
export function layersLoss(matter: TransferMatter, tokens: tf.Tensor2D): tf.Scalar {
  const losses: tf.Scalar[] = [];
  eachLayer(matter, tokens, (layer) => {
    const { loss, output } = matter.objective.compare({ ...layer, trained: matter.trained });
    losses.push(tf.keep(loss));
    return tf.keep(output);
  });
  const mean = tf.tidy(() => tf.mean<tf.Scalar>(tf.stack(losses)));
  tf.dispose(losses);
  return mean;
}

/** Runs the teacher layer by layer; `visit` gives the attention output, kept. What is made inside is freed. */
function eachLayer(
  { llama, conversion }: TransferMatter,
  tokens: tf.Tensor2D,
  visit: (layer: Omit<TransferLayer, 'trained'>) => tf.Tensor4D,
): void {
  const { layers, slidingWindow } = llama.config;
  let x = embed(llama, tokens);
  for (let layer = 0; layer < layers; layer += 1) {
    const next = tf.tidy(() => {
      const input = { ...layerQkv(llama, x, layer), layer };
      const context = autocast(precisionOf(llama), () => visit({ input, slidingWindow, conversion }));
      // Nothing reads what follows the last layer.
      const isLast = layer === layers - 1;
      const after = isLast ? x : afterAttention(llama, x, layer, { context });
      context.dispose();
      return after;
    });
    if (next !== x) x.dispose();
    x = next;
  }
  x.dispose();
}
