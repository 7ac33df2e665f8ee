import * as tf from '@tensorflow/tfjs';

/** The part of the WebGPU backend that this kernel uses. */
interface WebgpuBackend {
  readonly device: { readonly limits: { readonly maxStorageBuffersPerShaderStage: number } };
  disposeData(dataId: object): boolean;
}

interface SumArguments {
  readonly inputs: readonly tf.TensorInfo[];
  readonly backend: WebgpuBackend;
}

/**
 * Replaces the WebGPU kernel of addN by one that sums in groups: the stock kernel hands all tensors to the card at
 * once, which takes eight at most. Same values for up to seven; from there on the order of the sum is another.
 * Calling it again changes nothing.
 */
export function registerWebgpuAddMany(): void {
  const stock = tf.getKernel('AddN', 'webgpu');
  if (stock.kernelFunc === kernel) return;
  stockSum = stock.kernelFunc;
  tf.unregisterKernel('AddN', 'webgpu');
  tf.registerKernel({ ...stock, kernelFunc: kernel });
}

let stockSum: tf.KernelFunc | undefined;

// tfjs types kernel arguments loosely; the engine always passes those of `SumArguments` for this kernel.
const kernel = ((given: unknown) => sum(given as SumArguments)) as unknown as tf.KernelFunc;

function sum({ inputs, backend }: SumArguments): tf.TensorInfo {
  const [first, ...rest] = inputs;
  if (first === undefined) throw new Error('addN needs at least one tensor');
  if (rest.length === 0) return stockSumOf([first], backend);
  // One place is the result's.
  const atOnce = backend.device.limits.maxStorageBuffersPerShaderStage - 1;
  let total = first;
  for (let at = 0; at < rest.length; at += atOnce - 1) {
    const next = stockSumOf([total, ...rest.slice(at, at + atOnce - 1)], backend);
    if (total !== first) backend.disposeData(total.dataId);
    total = next;
  }
  return total;
}

function stockSumOf(inputs: readonly tf.TensorInfo[], backend: WebgpuBackend): tf.TensorInfo {
  if (stockSum === undefined) throw new Error('the kernel of addN was not registered');
  return stockSum({
    inputs: [...inputs] as unknown as tf.NamedTensorInfoMap,
    attrs: {},
    backend,
  }) as tf.TensorInfo;
}
