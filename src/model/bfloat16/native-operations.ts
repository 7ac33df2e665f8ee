import * as tf from '@tensorflow/tfjs';
import { elementTypes, type ElementType } from '../native/element-types.js';
import { nativeBackend, type Handle, type NativeOutput } from '../native/native-backend.js';
import { elementTypeOf, execute, handleOf } from '../native/operations.js';

/** Whether the current backend can hold and multiply bfloat16 numbers. */
export function supportsBfloat16(): boolean {
  return nativeBackend() !== undefined;
}

/** Whether a tensor's numbers are bfloat16, although tfjs calls it float32. */
export function isBfloat16(tensor: tf.Tensor): boolean {
  const isThere = nativeBackend()?.tensorMap.has(tensor.dataId) === true;
  return isThere && elementTypeOf(tensor) === elementTypes.bfloat16;
}

/** Rounds to bfloat16, or widens from it. */
export function cast(x: Handle, from: ElementType, to: ElementType): NativeOutput {
  const types = { SrcT: elementTypes[from], DstT: elementTypes[to] };
  return execute('Cast', { types, flags: { Truncate: false } }, [x]);
}

/** The product of two matrices of bfloat16 numbers; the second may be taken transposed. */
export function multiply(a: Handle, b: Handle, transposeB: boolean): NativeOutput {
  const types = { T: elementTypes.bfloat16 };
  return execute('MatMul', { types, flags: { transpose_a: false, transpose_b: transposeB } }, [a, b]);
}

/** Rows of a table of bfloat16 numbers, for ids `[rows]` of int32. */
export function gatherRows(table: Handle, ids: tf.Tensor1D): NativeOutput {
  const { bfloat16, int32 } = elementTypes;
  const axis = tf.scalar(0, 'int32');
  const types = { Tparams: bfloat16, Tindices: int32, Taxis: int32 };
  const inputs = [table, handleOf(ids), handleOf(axis)];
  const rows = execute('GatherV2', { types, integers: { batch_dims: 0 } }, inputs);
  axis.dispose();
  return rows;
}
