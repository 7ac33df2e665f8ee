import * as tf from '@tensorflow/tfjs';

/** The part of the WebAssembly backend that this kernel uses. */
interface WasmBackend {
  makeOutput(shape: readonly number[], dtype: tf.DataType): tf.TensorInfo;
  typedArrayFromHeap(info: tf.TensorInfo): Float32Array | Int32Array;
}

interface SegmentSumArguments {
  readonly inputs: { readonly x: tf.TensorInfo; readonly segmentIds: tf.TensorInfo };
  readonly attrs: { readonly numSegments: number };
  readonly backend: WasmBackend;
}

/**
 * Registers UnsortedSegmentSum for the WebAssembly backend, which lacks it, so that the gradient of gather works:
 * rows of x [rows, ...] are summed into the segment that `segmentIds` [rows] gives; negative ids are left out.
 * Calling it again changes nothing.
 */
export function registerWasmSegmentSum(): void {
  if ((tf.getKernel('UnsortedSegmentSum', 'wasm') as tf.KernelConfig | undefined) !== undefined) return;
  tf.registerKernel({
    kernelName: 'UnsortedSegmentSum',
    backendName: 'wasm',
    // tfjs types kernel arguments loosely; the engine always passes those of `SegmentSumArguments` here.
    kernelFunc: (given: unknown) => segmentSum(given as SegmentSumArguments),
  });
}

/** One pass over the rows, on the memory of WebAssembly itself: no one-hot matrix and no copy. */
function segmentSum({ inputs, attrs, backend }: SegmentSumArguments): tf.TensorInfo {
  const { x, segmentIds } = inputs;
  const [rows = 0, ...inner] = x.shape;
  const out = backend.makeOutput([attrs.numSegments, ...inner], x.dtype);
  // Views are taken after the output has its memory, because growing the memory detaches older ones.
  const sums = backend.typedArrayFromHeap(out);
  const values = backend.typedArrayFromHeap(x);
  const ids = backend.typedArrayFromHeap(segmentIds);
  const width = inner.reduce((product, size) => product * size, 1);
  sums.fill(0);
  for (let row = 0; row < rows; row += 1) {
    const segment = ids[row] ?? -1;
    if (segment < 0 || segment >= attrs.numSegments) continue;
    const from = row * width;
    const to = segment * width;
    for (let column = 0; column < width; column += 1) {
      sums[to + column] = (sums[to + column] ?? 0) + (values[from + column] ?? 0);
    }
  }
  return out;
}
