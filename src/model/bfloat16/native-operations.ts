import * as tf from '@tensorflow/tfjs';

/** TensorFlow's numbers for types of elements. */
const elementTypes = { float32: 1, int32: 3, bfloat16: 14 } as const;
type ElementType = keyof typeof elementTypes;

/** TensorFlow's own handle of a tensor. Outside of tfjs: whoever makes one deletes it. */
export type Handle = number;

interface Attribute {
  readonly name: string;
  readonly type: number;
  readonly value: number | boolean;
}

/** The parts of the tensorflow backend that reach operations and types which tfjs does not know. */
interface TensorflowBackend extends tf.KernelBackend {
  readonly binding: {
    readonly TF_ATTR_TYPE: number;
    readonly TF_ATTR_BOOL: number;
    readonly TF_ATTR_INT: number;
    executeOp(
      name: string,
      attributes: readonly Attribute[],
      inputs: readonly Handle[],
      outputs: 1,
    ): [Output];
    deleteTensor(handle: Handle): void;
  };
  readonly tensorMap: {
    has(dataId: object): boolean;
    get(dataId: object): { readonly dtype: number };
    set(dataId: object, data: object): void;
  };
  getInputTensorIds(tensors: readonly tf.Tensor[]): Handle[];
}

interface Output {
  readonly id: Handle;
  readonly shape: number[];
  readonly dtype: number;
}

/** Whether the current backend can hold and multiply bfloat16 numbers. */
export function supportsBfloat16(): boolean {
  return tf.getBackend() === 'tensorflow';
}

/** Whether a tensor's numbers are bfloat16, although tfjs calls it float32. */
export function isBfloat16({ dataId }: tf.Tensor): boolean {
  if (!supportsBfloat16()) return false;
  const { tensorMap } = native();
  return tensorMap.has(dataId) && tensorMap.get(dataId).dtype === elementTypes.bfloat16;
}

/** The handle of a tensor, which stays the tensor's own. */
export function handleOf(x: tf.Tensor): Handle {
  const [handle] = native().getInputTensorIds([x]);
  if (handle === undefined) throw new Error('the tensor has no handle');
  return handle;
}

/** Rounds to bfloat16, or widens from it. */
export function cast(x: Handle, from: ElementType, to: ElementType): Output {
  const { TF_ATTR_TYPE: type, TF_ATTR_BOOL: flag } = native().binding;
  return execute(
    'Cast',
    [
      { name: 'SrcT', type, value: elementTypes[from] },
      { name: 'DstT', type, value: elementTypes[to] },
      { name: 'Truncate', type: flag, value: false },
    ],
    [x],
  );
}

/** The product of two matrices of bfloat16 numbers; the second may be taken transposed. */
export function multiply(a: Handle, b: Handle, transposeB: boolean): Output {
  const { TF_ATTR_TYPE: type, TF_ATTR_BOOL: flag } = native().binding;
  return execute(
    'MatMul',
    [
      { name: 'T', type, value: elementTypes.bfloat16 },
      { name: 'transpose_a', type: flag, value: false },
      { name: 'transpose_b', type: flag, value: transposeB },
    ],
    [a, b],
  );
}

/** Rows of a table of bfloat16 numbers, for ids `[rows]` of int32. */
export function gatherRows(table: Handle, ids: tf.Tensor1D): Output {
  const { TF_ATTR_TYPE: type, TF_ATTR_INT: integer } = native().binding;
  const axis = tf.scalar(0, 'int32');
  const rows = execute(
    'GatherV2',
    [
      { name: 'Tparams', type, value: elementTypes.bfloat16 },
      { name: 'Tindices', type, value: elementTypes.int32 },
      { name: 'Taxis', type, value: elementTypes.int32 },
      { name: 'batch_dims', type: integer, value: 0 },
    ],
    [table, handleOf(ids), handleOf(axis)],
  );
  axis.dispose();
  return rows;
}

/** Hands an output over to tfjs, which owns it from then on. */
export function tensorFrom({ id, shape, dtype }: Output): tf.Tensor {
  const dataId = {};
  native().tensorMap.set(dataId, { shape, dtype, id, values: null, refCount: 1 });
  return tf.engine().makeTensorFromTensorInfo({ dataId, shape, dtype: 'float32' });
}

/** Frees an output that was not handed over. */
export function release({ id }: Output): void {
  native().binding.deleteTensor(id);
}

function execute(name: string, attributes: readonly Attribute[], inputs: readonly Handle[]): Output {
  return native().binding.executeOp(name, attributes, inputs, 1)[0];
}

function native(): TensorflowBackend {
  return tf.backend() as TensorflowBackend;
}
