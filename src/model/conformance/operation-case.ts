import type * as tf from '@tensorflow/tfjs';

/** How far a backend may be from `cpu`: `absolute + relative * |value of cpu|` in every number. */
export interface Tolerance {
  readonly absolute: number;
  readonly relative: number;
}

/** One operation as the model uses it, with the shapes and values to try it on. */
export interface OperationCase {
  /** What a reader sees: the operation, and what is special about this case. */
  readonly name: string;
  /** The operations of tfjs whose value this case checks. */
  readonly operations: readonly string[];
  /** Shapes of the float32 inputs. */
  readonly inputs: readonly (readonly number[])[];
  /** Where the inputs' numbers lie; the default is the standard normal distribution. */
  readonly numbers?: 'normal' | 'positive';
  readonly tolerance: Tolerance;
  /** False where the operation is only used outside of gradients. */
  readonly slopes?: false;
  compute(...inputs: readonly tf.Tensor[]): tf.Tensor;
}

/** Rounding of single numbers: four steps of float32. */
export const rounding: Tolerance = { absolute: 1e-6, relative: 5e-7 };

/** Backends approximate exp, log, tanh and the like each in their own way, up to some units in the last place. */
export const approximation: Tolerance = { absolute: 2e-6, relative: 5e-6 };

/** Sums of up to some hundred products, in an order that each backend chooses. */
export const summation: Tolerance = { absolute: 2e-5, relative: 1e-5 };

/** Sums of up to some thousand products. */
export const longSummation: Tolerance = { absolute: 1e-4, relative: 1e-5 };
