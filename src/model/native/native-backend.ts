import * as tf from '@tensorflow/tfjs';

/** TensorFlow's own handle of a tensor. Outside of tfjs: whoever makes one deletes it. */
export type Handle = number;

/** What an operation of TensorFlow gives. Whoever executes it deletes the handle. */
export interface NativeOutput {
  readonly id: Handle;
  readonly shape: number[];
  /** TensorFlow's number of the type of elements. */
  readonly dtype: number;
}

/** A setting of an operation, as the binding takes it. */
export interface NativeAttribute {
  readonly name: string;
  readonly type: number;
  readonly value: unknown;
}

/** The compiled binding behind the `tensorflow` backend, as far as it is used beside tfjs. */
export interface NativeBinding {
  readonly TF_ATTR_TYPE: number;
  readonly TF_ATTR_BOOL: number;
  readonly TF_ATTR_INT: number;
  readonly TF_ATTR_FLOAT: number;
  readonly TF_ATTR_STRING: number;
  executeOp(
    name: string,
    attributes: readonly NativeAttribute[],
    inputs: readonly Handle[],
    outputs: number,
  ): readonly NativeOutput[];
  deleteTensor(handle: Handle): void;
  tensorDataSync(handle: Handle): ArrayBufferView;
  /** Loads the graph with these tags from a folder and gives its number. */
  loadSavedModel(folder: string, tags: string): number;
  /** Runs a graph; ports are `name:index`, separated by commas. */
  runSavedModel(
    graph: number,
    inputs: readonly Handle[],
    inputPorts: string,
    outputPorts: string,
  ): readonly NativeOutput[];
  deleteSavedModel(graph: number): void;
}

/** The `tensorflow` backend of tfjs, with the binding that all its kernels go through. */
export interface NativeBackend extends tf.KernelBackend {
  binding: NativeBinding;
  readonly isUsingGpuDevice: boolean;
  /** Whether the operations of `native/` are there. */
  hasFusedOperations?: boolean;
  readonly tensorMap: {
    has(dataId: object): boolean;
    get(dataId: object): { readonly shape: number[]; readonly dtype: number };
    set(dataId: object, data: object): void;
  };
  getInputTensorIds(tensors: readonly tf.TensorInfo[]): Handle[];
}

/** The current backend, where it is native TensorFlow; otherwise undefined. */
export function nativeBackend(): NativeBackend | undefined {
  return tf.getBackend() === 'tensorflow' ? (tf.backend() as NativeBackend) : undefined;
}
