import * as tf from '@tensorflow/tfjs';
import { frozenProduct } from '../bfloat16/frozen-weight.js';
import { handleOf, tensorFrom } from '../bfloat16/native-operations.js';
import { nativeBackend, type NativeBackend } from './replay/native-binding.js';

/** Weights of fewer numbers are not worth a second core. */
const fewestToHalve = 2 ** 18;

/**
 * x Wᵀ for x `[rows, in]` and a weight W `[out, in]` that is not trained. For one row TensorFlow uses one core, so on
 * a processor it gets two products of half the weight, which a graph computes side by side.
 */
export function projection(x: tf.Tensor2D, weight: tf.Tensor2D): tf.Tensor2D {
  const backend = nativeBackend();
  const isHalved = backend?.isUsingGpuDevice === false && x.shape[0] === 1 && weight.size >= fewestToHalve;
  if (!isHalved) return frozenProduct(x, weight);
  return tf.tidy(() => {
    const middle = Math.floor(weight.shape[0] / 32) * 16;
    const parts = [
      { start: 0, count: middle },
      { start: middle, count: weight.shape[0] - middle },
    ];
    return tf.concat(
      parts.map((part) => frozenProduct(x, rowsOf(backend, weight, part))),
      1,
    );
  });
}

/** Rows of a weight of any type of numbers, which TensorFlow takes from where they are without a copy. */
function rowsOf(
  { binding, tensorMap }: NativeBackend,
  weight: tf.Tensor2D,
  { start, count }: { readonly start: number; readonly count: number },
): tf.Tensor2D {
  const begin = tf.tensor1d([start, 0], 'int32');
  const size = tf.tensor1d([count, weight.shape[1]], 'int32');
  const inputs = [weight, begin, size].map(handleOf);
  const typeOf = (tensor: tf.Tensor): number => tensorMap.get(tensor.dataId).dtype;
  const attributes = [
    { name: 'T', type: binding.TF_ATTR_TYPE, value: typeOf(weight) },
    { name: 'Index', type: binding.TF_ATTR_TYPE, value: typeOf(begin) },
  ];
  const [output] = binding.executeOp('Slice', attributes, inputs, 1);
  tf.dispose([begin, size]);
  if (output === undefined) throw new Error('TensorFlow gave no rows');
  return tensorFrom(output) as tf.Tensor2D;
}
