import * as tf from '@tensorflow/tfjs';

/**
 * Gives every query head its key-value head: head h reads floor(h / group). [batch, keyValueHeads, time, headSize] to
 * [batch, heads, time, headSize]. The gradient is the sum over the group.
 */
export function repeatHeads(x: tf.Tensor4D, heads: number): tf.Tensor4D {
  const [batch, keyValueHeads, time, headSize] = x.shape;
  const group = heads / keyValueHeads;
  if (group === 1) return x;
  const apply = tf.customGrad<tf.Tensor4D>((...inputs) => {
    const [shared] = inputs as [tf.Tensor4D];
    const rows = shared.reshape<tf.Tensor3D>([batch * keyValueHeads, 1, time * headSize]);
    // Joining copies is several times faster on WebAssembly than tiling.
    const copies = Array.from({ length: group }, () => rows);
    return {
      value: tf.concat(copies, 1).reshape<tf.Tensor4D>([batch, heads, time, headSize]),
      gradFunc: (dy) =>
        dy
          .reshape([batch * keyValueHeads, group, time * headSize])
          .sum(1)
          .reshape([batch, keyValueHeads, time, headSize]),
    };
  });
  return apply(x);
}
