import * as tf from '@tensorflow/tfjs';

/** An operation with its own gradients, of one value or, as a list, of several; at least two. */
export interface Operation<Value extends tf.Tensor | readonly tf.Tensor[]> {
  readonly inputs: readonly tf.Tensor[];
  /** The value; what is saved is there again on the way back, whatever was freed in between. */
  readonly compute: (save: (tensors: tf.Tensor[]) => void) => Value;
  /**
   * For each input, in their order, how the gradient for it follows from that for the value: zeros for one of several
   * that nothing depends on. What is made outside of these functions lives until the whole way back is done.
   */
  readonly gradients: (dy: Value, saved: readonly tf.Tensor[]) => readonly (() => tf.Tensor)[];
}

/** The part of tfjs's engine behind `tf.customGrad`. */
interface Engine<Value> {
  runKernelFunc(operation: {
    readonly inputs: Readonly<Record<number, tf.Tensor>>;
    readonly forwardFunc: (backend: unknown, save: (tensors: tf.Tensor[]) => void) => Value;
    readonly backwardsFunc: (
      dy: Value,
      saved: readonly tf.Tensor[],
    ) => Readonly<Record<number, () => tf.Tensor>>;
  }): Value;
}

/**
 * Runs an operation and takes note of it for the way back. As `tf.customGrad`, which computes the gradients for all
 * inputs at once, also where nothing that is trained lies behind most of them; here each is computed if it is needed.
 */
export function operation<Value extends tf.Tensor | readonly tf.Tensor[]>({
  inputs,
  compute,
  gradients,
}: Operation<Value>): Value {
  const engine = tf.engine() as unknown as Engine<Value>;
  return engine.runKernelFunc({
    inputs: Object.fromEntries(inputs.entries()),
    forwardFunc: (_, save) => compute(save),
    backwardsFunc: (dy, saved) => Object.fromEntries(gradients(dy, saved).entries()),
  });
}
