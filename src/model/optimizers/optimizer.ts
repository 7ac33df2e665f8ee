import type * as tf from '@tensorflow/tfjs';
import type { Parameters } from '../parameters.js';

/** Where training stands when a step is taken. */
export interface StepPlace {
  /** Counts from 1. */
  readonly step: number;
  /** The steps that the stage takes at most. */
  readonly of: number;
}

/** What one step changed. All tensors are new; the caller owns them. */
export interface Update {
  readonly parameters: Map<string, tf.Tensor>;
  readonly state: Map<string, tf.Tensor>;
}

/** Turns gradients into new parameters: the product of an `optimizer` component. Pure; its state is named tensors. */
export interface Optimizer {
  /** The state before the first step. The caller owns the tensors. */
  initialState(parameters: Parameters): Map<string, tf.Tensor>;
  /** One step. Arguments are neither changed nor disposed of. Parameters without a gradient stay as they are. */
  update(parameters: Parameters, gradients: Parameters, state: Parameters, place: StepPlace): Update;
}
