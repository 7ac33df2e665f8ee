import * as tf from '@tensorflow/tfjs';
import { InternalError } from '../../base/unreachable.js';
import {
  nativeBackend,
  type Handle,
  type NativeAttribute,
  type NativeBackend,
  type NativeOutput,
} from './native-backend.js';

/** The handle of a tensor on the tensorflow backend, which stays the tensor's own. */
export function handleOf(x: tf.TensorInfo): Handle {
  const [handle] = native().getInputTensorIds([x]);
  if (handle === undefined) throw new InternalError('a tensor has no handle of TensorFlow');
  return handle;
}

/** TensorFlow's number of the type of a tensor's elements, which tfjs may call by another name. */
export function elementTypeOf({ dataId }: tf.TensorInfo): number {
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

/** Settings of an operation: types by their numbers, flags, whole numbers, other numbers and words. */
export interface Settings {
  readonly types?: Readonly<Record<string, number>>;
  readonly flags?: Readonly<Record<string, boolean>>;
  readonly integers?: Readonly<Record<string, number>>;
  readonly numbers?: Readonly<Record<string, number>>;
  readonly words?: Readonly<Record<string, string>>;
}

/** Has TensorFlow execute an operation of one output, which the caller owns. */
export function execute(name: string, settings: Settings, inputs: readonly Handle[]): NativeOutput {
  const [output] = executeAll(name, settings, inputs, 1);
  if (output === undefined) throw new InternalError(`TensorFlow gave no output of ${name}`);
  return output;
}

/** Has TensorFlow execute an operation of several outputs, which the caller owns. */
export function executeAll(
  name: string,
  settings: Settings,
  inputs: readonly Handle[],
  outputs: number,
): readonly NativeOutput[] {
  const { binding } = native();
  const { types = {}, flags = {}, integers = {}, numbers = {}, words = {} } = settings;
  const attributes = [
    ...attributesOf(binding.TF_ATTR_TYPE, types),
    ...attributesOf(binding.TF_ATTR_BOOL, flags),
    ...attributesOf(binding.TF_ATTR_INT, integers),
    ...attributesOf(binding.TF_ATTR_FLOAT, numbers),
    ...attributesOf(binding.TF_ATTR_STRING, words),
  ];
  return binding.executeOp(name, attributes, inputs, outputs);
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
