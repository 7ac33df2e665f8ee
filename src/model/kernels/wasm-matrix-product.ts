import * as tf from '@tensorflow/tfjs';

/** The part of the WebAssembly backend that a kernel sees. */
interface WasmBackend {
  readonly wasm: {
    cwrap(name: string, returns: null, parameters: readonly string[]): NativeProduct;
    readonly tfjs: {
      registerTensor(id: number, size: number, memoryOffset: number): void;
      disposeData(id: number): void;
    };
  };
  readonly dataIdMap: { get(dataId: object): TensorPlace };
  dataIdNextNumber: number;
  makeOutput(shape: readonly number[], dtype: 'float32'): tf.TensorInfo;
  disposeData(dataId: object): boolean;
}

interface TensorPlace {
  readonly id: number;
  readonly memoryOffset: number;
}

type NativeProduct = (...operands: readonly (number | boolean | Uint8Array)[]) => void;

interface ProductArguments {
  readonly inputs: { readonly a: tf.TensorInfo; readonly b: tf.TensorInfo };
  readonly attrs: { readonly transposeA: boolean; readonly transposeB: boolean };
  readonly backend: WasmBackend;
}

const products = new WeakMap<object, NativeProduct>();

/**
 * Replaces the WebAssembly kernel of matMul by one that always takes the fast path (XNNPACK): the stock kernel takes
 * it for one matrix without transposition alone, and is ten times slower for batches and transposed operands.
 * Same values. Calling it again changes nothing.
 */
export function registerWasmMatrixProduct(): void {
  const stock = tf.getKernel('BatchMatMul', 'wasm');
  if (stock.kernelFunc === kernel) return;
  tf.unregisterKernel('BatchMatMul', 'wasm');
  tf.registerKernel({ ...stock, kernelFunc: kernel });
}

// tfjs types kernel arguments loosely; the engine always passes those of `ProductArguments` for this kernel.
const kernel = ((given: unknown) => product(given as ProductArguments)) as unknown as tf.KernelFunc;

function product({ inputs, attrs, backend }: ProductArguments): tf.TensorInfo {
  const { a, b } = inputs;
  if (a.dtype !== 'float32' || b.dtype !== 'float32') {
    throw new Error(`matMul on wasm takes float32 operands; these are ${a.dtype} and ${b.dtype}.`);
  }
  if (attrs.transposeA && swapIsCheaper(a, b, attrs.transposeB)) return swapped({ inputs, attrs, backend });
  const left = attrs.transposeA ? transposed(a, backend) : a;
  const right = attrs.transposeB ? transposed(b, backend) : b;
  const out = plainProduct(left, right, backend);
  if (left !== a) backend.disposeData(left.dataId);
  if (right !== b) backend.disposeData(right.dataId);
  return out;
}

/** Whether `(b' a)'` transposes fewer numbers than `a' b`. */
function swapIsCheaper(a: tf.TensorInfo, b: tf.TensorInfo, transposeB: boolean): boolean {
  const [outer, columns] = [matrix(a), matrix(b)];
  const size = (info: tf.TensorInfo): number => tf.util.sizeFromShape(info.shape);
  const width = transposeB ? columns.rows : columns.columns;
  const result = Math.max(size(a) / outer.rows, 1) * width;
  return result + (transposeB ? 0 : size(b)) < size(a) + (transposeB ? size(b) : 0);
}

function swapped({ inputs, attrs, backend }: ProductArguments): tf.TensorInfo {
  const right = attrs.transposeB ? inputs.b : transposed(inputs.b, backend);
  const flipped = plainProduct(right, inputs.a, backend);
  if (right !== inputs.b) backend.disposeData(right.dataId);
  const out = transposed(flipped, backend);
  backend.disposeData(flipped.dataId);
  return out;
}

function matrix(info: tf.TensorInfo): { readonly rows: number; readonly columns: number } {
  const [rows = 1, columns = 1] = info.shape.slice(-2);
  return { rows, columns };
}

function transposed(x: tf.TensorInfo, backend: WasmBackend): tf.TensorInfo {
  const rank = x.shape.length;
  const perm = [...Array(rank - 2).keys(), rank - 1, rank - 2];
  const transpose = tf.getKernel('Transpose', 'wasm').kernelFunc;
  return transpose({ inputs: { x }, attrs: { perm }, backend: backend }) as tf.TensorInfo;
}

/** Both operands as they lie in memory; outer dimensions broadcast as long as one operand's repeat as a whole. */
function plainProduct(a: tf.TensorInfo, b: tf.TensorInfo, backend: WasmBackend): tf.TensorInfo {
  const { rows, columns: inner } = matrix(a);
  const { rows: innerOfB, columns } = matrix(b);
  tf.util.assert(
    inner === innerOfB,
    () => `matMul: shapes ${String(a.shape)} and ${String(b.shape)} do not fit.`,
  );
  const outerA = a.shape.slice(0, -2);
  const outerB = b.shape.slice(0, -2);
  const outer = tf.broadcast_util.assertAndGetBroadcastShape(outerA, outerB);
  const out = backend.makeOutput([...outer, rows, columns], 'float32');
  const places = [a, b, out].map((info) => backend.dataIdMap.get(info.dataId));
  const multiply = nativeProduct(backend);
  const [left, right, result] = places;
  if (!left || !right || !result) throw new Error('matMul: an operand has no memory.');
  const batch = tf.util.sizeFromShape(outer);
  if (tf.util.sizeFromShape(outerB) === 1) {
    multiply(
      left.id,
      shapeBytes([1, batch * rows, inner]),
      3,
      right.id,
      shapeBytes([1, inner, columns]),
      3,
      false,
      false,
      result.id,
    );
    return out;
  }
  const indexA = batchIndex(outerA, outer);
  const indexB = batchIndex(outerB, outer);
  const views = new Views(backend, multiply);
  for (let item = 0; item < batch; item += 1) {
    views.multiply(
      { offset: left.memoryOffset + 4 * rows * inner * indexA(item), rows, columns: inner },
      { offset: right.memoryOffset + 4 * inner * columns * indexB(item), rows: inner, columns },
      result.memoryOffset + 4 * rows * columns * item,
    );
  }
  return out;
}

/** Which matrix of an operand belongs to an item of the broadcast batch. */
function batchIndex(own: readonly number[], outer: readonly number[]): (item: number) => number {
  const shape = [...Array<number>(outer.length - own.length).fill(1), ...own];
  if (shape.every((size, axis) => size === outer[axis])) return (item) => item;
  return (item) => {
    let rest = item;
    let index = 0;
    let stride = 1;
    for (let axis = outer.length - 1; axis >= 0; axis -= 1) {
      const size = outer[axis] ?? 1;
      const ownSize = shape[axis] ?? 1;
      if (ownSize > 1) index += (rest % size) * stride;
      stride *= ownSize;
      rest = Math.floor(rest / size);
    }
    return index;
  };
}

interface MatrixView {
  readonly offset: number;
  readonly rows: number;
  readonly columns: number;
}

/** Multiplies matrices inside larger tensors without copying them. */
class Views {
  readonly #backend: WasmBackend;
  readonly #multiply: NativeProduct;

  constructor(backend: WasmBackend, multiply: NativeProduct) {
    this.#backend = backend;
    this.#multiply = multiply;
  }

  multiply(a: MatrixView, b: MatrixView, outOffset: number): void {
    const ids = [
      this.#register(a.rows * a.columns, a.offset),
      this.#register(b.rows * b.columns, b.offset),
      this.#register(a.rows * b.columns, outOffset),
    ] as const;
    this.#multiply(
      ids[0],
      shapeBytes([1, a.rows, a.columns]),
      3,
      ids[1],
      shapeBytes([1, b.rows, b.columns]),
      3,
      false,
      false,
      ids[2],
    );
    for (const id of ids) this.#backend.wasm.tfjs.disposeData(id);
  }

  // A fresh id each time: XNNPACK keeps a packed copy of the right operand by its id.
  #register(size: number, offset: number): number {
    const id = this.#backend.dataIdNextNumber;
    this.#backend.dataIdNextNumber += 1;
    this.#backend.wasm.tfjs.registerTensor(id, size, offset);
    return id;
  }
}

function nativeProduct(backend: WasmBackend): NativeProduct {
  const known = products.get(backend);
  if (known) return known;
  const types = ['number', 'array', 'number', 'number', 'array', 'number', 'number', 'number', 'number'];
  const made = backend.wasm.cwrap('BatchMatMul', null, types);
  products.set(backend, made);
  return made;
}

function shapeBytes(shape: readonly number[]): Uint8Array {
  return new Uint8Array(new Int32Array(shape).buffer);
}
