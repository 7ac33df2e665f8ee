import * as tf from '@tensorflow/tfjs';
import { InternalError } from '../../../base/unreachable.js';
import { autocast } from '../../../model/bfloat16/autocast.js';
import { precisionOf } from '../../../model/bfloat16/precision.js';
import { lossAndGradients, type LossAndGradients } from '../../../model/gradients.js';
import type { Conversion } from '../../../model/hybrid/conversion.js';
import { inLayer, ofLayer } from '../../../model/hybrid/layer-tensors.js';
import { layerWeights } from '../../../model/layer-weights.js';
import type { TransferLayer, TransferObjective } from '../../../model/losses/transfer-objective.js';
import type { Parameters } from '../../../model/parameters.js';
import { ReplayedLayers } from '../../../model/replay/replayed-layers.js';
import { leavesOf } from '../../../model/replay/tensor-tree.js';
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

/** What one layer gives: its share of the loss, gradients by their names within the layer, and the next one's input. */
type LayerStep = {
  readonly loss: tf.Scalar;
  readonly gradients: Readonly<Record<string, tf.Tensor>>;
  /** Nothing for the last layer, for nothing reads what follows it. */
  readonly next: readonly tf.Tensor3D[];
};

/**
 * Losses and gradients of transfer. The teacher runs layer by layer, and each layer's loss and gradients are taken at
 * once, so that memory is that of one layer. What a layer does is replayed in later steps.
 */
export class TransferSteps {
  readonly #layers = new ReplayedLayers<LayerStep>();

  /** What it is about stays the caller's, and outlives this. */
  constructor(private readonly matter: TransferMatter) {}

  /** Loss and gradients of one batch [batch, time] (int32). The caller owns the tensors. */
  of(parameters: Parameters, tokens: tf.Tensor2D): TransferStep {
    const gradients = new Map<string, tf.Tensor>();
    const losses: tf.Scalar[] = [];
    eachLayer(this.matter.llama, tokens, (x, layer) => {
      const made = this.#layerStep(parameters, x, layer);
      for (const tensor of leavesOf(made)) tf.keep(tensor);
      for (const [name, gradient] of inLayer(made.gradients, layer)) gradients.set(name, gradient);
      losses.push(made.loss);
      return made.next;
    });
    const layerLosses = tf.tidy(() => tf.mul<tf.Tensor1D>(tf.stack(losses), losses.length));
    const loss = tf.addN(losses);
    tf.dispose(losses);
    return { loss, gradients, layerLosses };
  }

  /** Frees what was recorded. */
  dispose(): void {
    this.#layers.dispose();
  }

  #layerStep(parameters: Parameters, x: tf.Tensor3D, layer: number): LayerStep {
    const { matter } = this;
    const own = ofLayer(parameters, layer);
    const trained = new Map([...matter.trained, ...inLayer(own, layer)]);
    const inputs = { x, weights: layerWeights(matter.llama, layer), trained: ofLayer(trained, layer) };
    return this.#layers.run(inputs, String(layer), () => {
      const { found, next } = throughLayer(matter, { x, layer }, (about) => {
        let attended: tf.Tensor4D | undefined;
        const found = lossAndGradients(new Map(Object.entries(own)), () =>
          tf.tidy(() => {
            const { loss, output } = matter.objective.compare({ ...about, trained });
            attended = tf.keep(output);
            return tf.div(loss, matter.llama.config.layers);
          }),
        );
        if (attended === undefined) throw new InternalError('the loss of a layer was not computed');
        return { found, output: attended };
      });
      return { loss: found.loss, gradients: Object.fromEntries(found.gradients), next };
    });
  }
}

/** The mean of the layers' losses, without gradients. */
export function layersLoss(matter: TransferMatter, tokens: tf.Tensor2D): tf.Scalar {
  const losses: tf.Scalar[] = [];
  eachLayer(matter.llama, tokens, (x, layer) => {
    const { loss, next } = tf.tidy(() => {
      const through = throughLayer(matter, { x, layer }, (about) => {
        const { loss, output } = matter.objective.compare({ ...about, trained: matter.trained });
        return { found: loss, output };
      });
      return { loss: through.found, next: [...through.next] };
    });
    losses.push(tf.keep(loss));
    return next.map((state) => tf.keep(state));
  });
  const mean = tf.tidy(() => tf.mean<tf.Scalar>(tf.stack(losses)));
  tf.dispose(losses);
  return mean;
}

/** Runs the teacher layer by layer; `visit` takes each one's input to the next one's, and the last one's to nothing. */
function eachLayer(
  llama: Llama,
  tokens: tf.Tensor2D,
  visit: (x: tf.Tensor3D, layer: number) => readonly tf.Tensor3D[],
): void {
  let states: readonly tf.Tensor3D[] = [tf.keep(embed(llama, tokens))];
  for (let layer = 0; layer < llama.config.layers; layer += 1) {
    const [x] = states;
    if (x === undefined) throw new InternalError('a layer gave nothing to the next');
    states = visit(x, layer);
    x.dispose();
  }
}

interface Place {
  readonly x: tf.Tensor3D;
  readonly layer: number;
}

/** One layer of the teacher, whose attention is compared with its student's on the way; what is compared is freed. */
function throughLayer<Found>(
  { llama, conversion }: TransferMatter,
  { x, layer }: Place,
  compare: (about: Omit<TransferLayer, 'trained'>) => { readonly found: Found; readonly output: tf.Tensor4D },
): { readonly found: Found; readonly next: readonly tf.Tensor3D[] } {
  const { layers, slidingWindow } = llama.config;
  const input = { ...layerQkv(llama, x, layer), layer };
  const { found, output } = autocast(precisionOf(llama), () => compare({ input, slidingWindow, conversion }));
  const next = layer === layers - 1 ? [] : [afterAttention(llama, x, layer, { context: output })];
  output.dispose();
  return { found, next };
}
