import * as tf from '@tensorflow/tfjs';
import { elementTypes, type ElementType } from '../native/element-types.js';
import { nativeBackend } from '../native/native-backend.js';
import { elementTypeOf, execute, handleOf, tensorFrom } from '../native/operations.js';

/** Whether the current backend can hold and multiply bfloat16 numbers. */
export function supportsBfloat16(): boolean {
  return nativeBackend() !== undefined;
}

/** Whether a tensor's numbers are bfloat16, although tfjs calls it float32. */
export function isBfloat16(tensor: tf.Tensor): boolean {
  const isThere = nativeBackend()?.tensorMap.has(tensor.dataId) === true;
  return isThere && elementTypeOf(tensor) === elementTypes.bfloat16;
}

/**
 * The numbers rounded to bfloat16: half the memory, and products at up to twice the speed. tfjs has no such type and
 * calls the result float32; an operation with such an input rounds the others, computes on bfloat16 and gives it. The
 * caller owns the result. Throws where the backend has no bfloat16.
 */
export function toBfloat16<Shape extends tf.Tensor>(x: Shape): Shape {
  if (!supportsBfloat16())
    throw new Error(`The backend "${tf.getBackend()}" has no bfloat16; "tensorflow" has.`);
  return isBfloat16(x) ? x.clone() : (cast(x, 'float32', 'bfloat16') as Shape);
}

/** The numbers as float32, whichever way they are kept. The caller owns the result. */
export function widened<Shape extends tf.Tensor>(x: Shape): Shape {
  return isBfloat16(x) ? (cast(x, 'bfloat16', 'float32') as Shape) : x.clone();
}

/** The numbers in another type of elements. The caller owns the result. */
export function cast(x: tf.TensorInfo, from: ElementType, to: ElementType): tf.Tensor {
  const types = { SrcT: elementTypes[from], DstT: elementTypes[to] };
  return tensorFrom(execute('Cast', { types, flags: { Truncate: false } }, [handleOf(x)]));
}
