import * as tf from '@tensorflow/tfjs';
import { InternalError } from '../../base/unreachable.js';
import { elementTypes } from './element-types.js';
import {
  nativeBackend,
  type Handle,
  type NativeAttribute,
  type NativeBackend,
  type NativeOutput,
} from './native-backend.js';

/** The handle of a tensor on the tensorflow backend, which stays the tensor's own. */
export function handleOf(x: tf.Tensor): Handle {
  const [handle] = native().getInputTensorIds([x]);
  if (handle === undefined) throw new InternalError('a tensor has no handle of TensorFlow');
  return handle;
}

/** TensorFlow's number of the type of a tensor's elements, which tfjs may call by another name. */
export function elementTypeOf({ dataId }: tf.Tensor): number {
  return native().tensorMap.get(dataId).dtype;
}

/** Hands an output over to tfjs, which owns it from then on. */
export function tensorFrom({ id, shape, dtype }: NativeOutput): tf.Tensor {
  const dataId = {};
  native().tensorMap.set(dataId, { shape, dtype, id, values: null, refCount: 1 });
  return tf.engine().makeTensorFromTensorInfo({ dataId, shape, dtype: 'float32' });
}

/** Frees an output that was not handed over. */
export function release({ id }: NativeOutput): void {
  native().binding.deleteTensor(id);
}

/** Settings of an operation: types by their numbers, flags and whole numbers. */
export interface Settings {
  readonly types?: Readonly<Record<string, number>>;
  readonly flags?: Readonly<Record<string, boolean>>;
  readonly integers?: Readonly<Record<string, number>>;
}

/** Has TensorFlow execute an operation of one output, which the caller owns. */
export function execute(name: string, settings: Settings, inputs: readonly Handle[]): NativeOutput {
  const { binding } = native();
  const { types = {}, flags = {}, integers = {} } = settings;
  const attributes = [
    ...attributesOf(binding.TF_ATTR_TYPE, types),
    ...attributesOf(binding.TF_ATTR_BOOL, flags),
    ...attributesOf(binding.TF_ATTR_INT, integers),
  ];
  const [output] = binding.executeOp(name, attributes, inputs, 1);
  if (output === undefined) throw new InternalError(`TensorFlow gave no output of ${name}`);
  return output;
}

/** Rows of a table with elements of any type, taken from where they are without a copy. The caller owns them. */
export function sliceRows(table: tf.Tensor2D, start: number, count: number): tf.Tensor2D {
  const begin = tf.tensor1d([start, 0], 'int32');
  const size = tf.tensor1d([count, table.shape[1]], 'int32');
  const types = { T: elementTypeOf(table), Index: elementTypes.int32 };
  const rows = execute('Slice', { types }, [table, begin, size].map(handleOf));
  tf.dispose([begin, size]);
  return tensorFrom(rows) as tf.Tensor2D;
}

/** Tensors with elements of one type, any that is, below one another. The caller owns the result. */
export function concatRows(first: tf.Tensor, others: readonly tf.Tensor[]): tf.Tensor {
  const parts = [first, ...others];
  const axis = tf.scalar(0, 'int32');
  const types = { T: elementTypeOf(first), Tidx: elementTypes.int32 };
  const settings = { types, integers: { N: parts.length } };
  const joined = execute('ConcatV2', settings, [...parts, axis].map(handleOf));
  axis.dispose();
  return tensorFrom(joined);
}

/** Overwrites rows, int32 and all different, of a table. The result, which the caller owns, shares its numbers. */
export function overwriteRows(table: tf.Tensor2D, rows: tf.Tensor1D, values: tf.Tensor2D): tf.Tensor2D {
  const types = { T: elementTypeOf(table) };
  return tensorFrom(execute('InplaceUpdate', { types }, [table, rows, values].map(handleOf))) as tf.Tensor2D;
}

function attributesOf(type: number, values: Readonly<Record<string, unknown>>): readonly NativeAttribute[] {
  return Object.entries(values).map(([name, value]) => ({ name, type, value }));
}

function native(): NativeBackend {
  const backend = nativeBackend();
  if (backend === undefined)
    throw new InternalError('an operation of TensorFlow was asked of another backend');
  return backend;
}
