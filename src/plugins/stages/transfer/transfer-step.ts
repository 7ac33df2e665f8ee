import * as tf from '@tensorflow/tfjs';
import { teacherAttention } from '../../../model/attention/teacher.js';
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
  eachLayer(matter.llama, tokens, (layer) => {
    const own = new Map([...parameters].filter(([name]) => layerOf(name) === layer.input.layer));
    const { loss, gradients: found } = lossAndGradients(own, (inputs) =>
      tf.tidy(() => {
        const trained = new Map([...matter.trained, ...inputs]);
        return tf.div(matter.objective.loss({ ...layer, conversion: matter.conversion, trained }), layers);
      }),
    );
    for (const [name, gradient] of found) gradients.set(name, tf.keep(gradient));
    losses.push(tf.keep(loss));
  });
  const layerLosses = tf.tidy(() => tf.mul<tf.Tensor1D>(tf.stack(losses), layers));
  const loss = tf.addN(losses);
  tf.dispose(losses);
  return { loss, gradients, layerLosses };
}

/** The mean of the layers' losses, without gradients. */
export function layersLoss(
  { llama, conversion, trained, objective }: TransferMatter,
  tokens: tf.Tensor2D,
): tf.Scalar {
  const losses: tf.Scalar[] = [];
  eachLayer(llama, tokens, (layer) => {
    losses.push(tf.keep(objective.loss({ ...layer, conversion, trained })));
  });
  const mean = tf.tidy(() => tf.mean<tf.Scalar>(tf.stack(losses)));
  tf.dispose(losses);
  return mean;
}

/** Runs the teacher and shows every layer's inputs and attention output; what is made inside is freed. */
function eachLayer(
  llama: Llama,
  tokens: tf.Tensor2D,
  visit: (layer: Pick<TransferLayer, 'input' | 'output'>) => void,
): void {
  const attention = teacherAttention(llama.config);
  let x = embed(llama, tokens);
  for (let layer = 0; layer < llama.config.layers; layer += 1) {
    const next = tf.tidy(() => {
      const input = { ...layerQkv(llama, x, layer), layer };
      const output = attention(input);
      visit({ input, output });
      // Nothing reads what follows the last layer.
      if (layer === llama.config.layers - 1) return x;
      return afterAttention(llama, x, layer, { context: output });
    });
    if (next !== x) x.dispose();
    x = next;
  }
  x.dispose();
}
