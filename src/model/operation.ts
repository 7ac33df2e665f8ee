import * as tf from '@tensorflow/tfjs';

/** An operation with its own gradients. */
export interface Operation<Value extends tf.Tensor> {
  readonly inputs: readonly tf.Tensor[];
  /** The value; what is saved is there again on the way back. */
  readonly compute: (save: (tensors: tf.Tensor[]) => void) => Value;
  /** For each input, in their order, how the gradient for it follows from that for the value. */
  readonly gradients: (dy: Value, saved: readonly tf.Tensor[]) => readonly (() => tf.Tensor)[];
}

/** An operation of several values with its own gradients. */
export interface ManyValuedOperation {
  readonly inputs: readonly tf.Tensor[];
  readonly compute: (save: (tensors: tf.Tensor[]) => void) => readonly tf.Tensor[];
  /** As of `Operation`, from the gradients for all values: zeros for one that nothing depends on. */
  readonly gradients: (
    dys: readonly tf.Tensor[],
    saved: readonly tf.Tensor[],
  ) => readonly (() => tf.Tensor)[];
}

/** The part of tfjs's engine behind `tf.customGrad`. */
interface Engine {
  runKernelFunc(operation: {
    readonly inputs: Readonly<Record<number, tf.Tensor>>;
    readonly forwardFunc: (
      backend: unknown,
      save: (tensors: tf.Tensor[]) => void,
    ) => tf.Tensor | readonly tf.Tensor[];
    readonly backwardsFunc: (
      dy: tf.Tensor | readonly tf.Tensor[],
      saved: readonly tf.Tensor[],
    ) => Readonly<Record<number, () => tf.Tensor>>;
  }): tf.Tensor | readonly tf.Tensor[];
}

/**
 * Runs an operation and takes note of it for the way back. As `tf.customGrad`, which computes the gradients for all
 * inputs at once, also where nothing that is trained lies behind most of them; here each is computed if it is needed.
 */
export function operation<Value extends tf.Tensor>({ inputs, compute, gradients }: Operation<Value>): Value {
  const engine = tf.engine() as unknown as Engine;
  return engine.runKernelFunc({
    inputs: Object.fromEntries(inputs.entries()),
    forwardFunc: (_, save) => compute(save),
    backwardsFunc: (dy, saved) => Object.fromEntries(gradients(dy as Value, saved).entries()),
  }) as Value;
}

/** The same for an operation of several values; at least two. */
export function manyValuedOperation({
  inputs,
  compute,
  gradients,
}: ManyValuedOperation): readonly tf.Tensor[] {
  const engine = tf.engine() as unknown as Engine;
  return engine.runKernelFunc({
    inputs: Object.fromEntries(inputs.entries()),
    forwardFunc: (_, save) => compute(save),
    backwardsFunc: (dys, saved) =>
      Object.fromEntries(gradients(dys as readonly tf.Tensor[], saved).entries()),
  }) as readonly tf.Tensor[];
}
