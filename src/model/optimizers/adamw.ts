import * as tf from '@tensorflow/tfjs';
import type { Parameters } from '../parameters.js';
import { clippingFactor } from './gradient-clipping.js';
import { learningRateAt, type LearningRate } from './learning-rate.js';
import type { Optimizer, StepPlace, Update } from './optimizer.js';

/** The settings of AdamW. */
export interface AdamWSettings {
  readonly learningRate: LearningRate;
  /** Decay of the running means of gradients and of their squares. */
  readonly betas: readonly [number, number];
  readonly epsilon: number;
  /** Share of a matrix that is taken off per step and unit of learning rate. Vectors are not decayed. */
  readonly weightDecay: number;
  /** The largest global norm of a step's gradients; absent for no limit. */
  readonly clipNorm?: number;
}

const first = (name: string): string => `${name}.first_moment`;
const second = (name: string): string => `${name}.second_moment`;

/** AdamW (Loshchilov and Hutter 2019): Adam with weight decay beside the gradient; state is two moments a parameter. */
export function adamW(settings: AdamWSettings): Optimizer {
  return {
    initialState: (parameters) =>
      new Map(
        [...parameters].flatMap(([name, tensor]) => [
          [first(name), tf.zerosLike(tensor)],
          [second(name), tf.zerosLike(tensor)],
        ]),
      ),
    update: (parameters, gradients, state, place) =>
      updateAll({ settings, place }, parameters, gradients, state),
  };
}

interface Step {
  readonly settings: AdamWSettings;
  readonly place: StepPlace;
}

function updateAll(step: Step, parameters: Parameters, gradients: Parameters, state: Parameters): Update {
  const { clipNorm } = step.settings;
  const factor = clipNorm === undefined ? undefined : clippingFactor(gradients, clipNorm);
  const update: Update = { parameters: new Map(), state: new Map() };
  for (const [name, value] of parameters) {
    const [mean, meanSquare] = [state.get(first(name)), state.get(second(name))];
    const gradient = gradients.get(name);
    const next =
      gradient && mean && meanSquare
        ? updateOne(step, { value, gradient, mean, meanSquare }, factor)
        : { value: value.clone(), mean: mean?.clone(), meanSquare: meanSquare?.clone() };
    update.parameters.set(name, next.value);
    if (next.mean) update.state.set(first(name), next.mean);
    if (next.meanSquare) update.state.set(second(name), next.meanSquare);
  }
  factor?.dispose();
  return update;
}

interface Moments {
  readonly value: tf.Tensor;
  readonly mean: tf.Tensor;
  readonly meanSquare: tf.Tensor;
}

/** m = b1 m + (1 - b1) g; s = b2 s + (1 - b2) g²; w = w (1 - r d) - r m' / (sqrt s' + e), bias-corrected m', s'. */
function updateOne(
  { settings, place }: Step,
  { value, gradient, mean, meanSquare }: Moments & { readonly gradient: tf.Tensor },
  factor: tf.Scalar | undefined,
): Moments {
  const [beta1, beta2] = settings.betas;
  const rate = learningRateAt(settings.learningRate, place);
  const decay = value.rank >= 2 ? settings.weightDecay : 0;
  const [newValue, newMean, newSquare] = tf.tidy((): [tf.Tensor, tf.Tensor, tf.Tensor] => {
    const slope = factor === undefined ? gradient : gradient.mul(factor);
    const m = mean.mul(beta1).add(slope.mul(1 - beta1));
    const s = meanSquare.mul(beta2).add(slope.square().mul(1 - beta2));
    const spread = s.sqrt().add(settings.epsilon * Math.sqrt(1 - beta2 ** place.step));
    const scale = (rate * Math.sqrt(1 - beta2 ** place.step)) / (1 - beta1 ** place.step);
    const kept = decay === 0 ? value : value.mul(1 - rate * decay);
    return [kept.sub(m.div(spread).mul(scale)), m, s];
  });
  return { value: newValue, mean: newMean, meanSquare: newSquare };
}
