import { createRequire } from 'node:module';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { reasonOf } from '../../../base/reason.js';
import { registerTensorflowSoftmax } from '../../../model/kernels/tensorflow-softmax.js';
import { nativeBackend } from '../../../model/native/native-backend.js';
import { withBfloat16, type KernelBackendClass } from './bfloat16-backend.js';
import { names, type Installation } from './installation.js';
import { loadFused, type TensorMaker } from './load-fused.js';
import { loadPackage } from './load-package.js';

/** The part of the compiled binding that hpl itself uses. */
interface Binding extends TensorMaker {
  readonly TF_Version: string;
  isUsingGpuDevice(): boolean;
}

/** TensorFlow as it runs in this process. */
export interface StartedTensorflow {
  /** What it says about itself, such as `2.21.0`. */
  readonly version: string;
  readonly isOnCard: boolean;
  readonly hasFusedOperations: boolean;
}

interface KernelBackendModule {
  readonly NodeJSKernelBackend: KernelBackendClass;
}

/** The name that tfjs knows the backend by. */
const backendName = 'tensorflow';

/**
 * Loads TensorFlow into this process and makes it the backend of tfjs, with the fused operations of the library at
 * `fused` where it is on the processor and they work. Environment variables that TensorFlow reads must be set before. A
 * second call changes nothing.
 *
 * Throws when TensorFlow's libraries cannot be loaded or tfjs does not take the backend.
 */
export async function startTensorflow(
  installation: Installation,
  fused: string | undefined,
): Promise<StartedTensorflow> {
  const binding = createRequire(import.meta.url)(join(installation.folder, names.binding)) as Binding;
  if (!(backendName in tf.engine().registryFactory)) register(binding, installation);
  // A backend that fails to start leaves tfjs on another one without an exception.
  const taken = await tf.setBackend(backendName);
  await tf.ready();
  if (!taken || tf.getBackend() !== backendName) throw new Error('tfjs refused the tensorflow backend');
  registerTensorflowSoftmax();
  const isOnCard = binding.isUsingGpuDevice();
  // Their kernels compute on processors alone.
  const hasFusedOperations = fused !== undefined && !isOnCard && addFused(fused, binding);
  return { version: binding.TF_Version, isOnCard, hasFusedOperations };
}

function register(binding: Binding, installation: Installation): void {
  const load = loadPackage(join(installation.folder, names.package, 'dist'));
  load('register_all_kernels.js');
  const { NodeJSKernelBackend } = load('nodejs_kernel_backend.js') as KernelBackendModule;
  const Backend = withBfloat16(NodeJSKernelBackend);
  tf.registerBackend(backendName, () => new Backend(binding, '@tensorflow/tfjs-node-gpu'), 3);
}

/** Everything is computed without them too, so that they fail is said and stops nothing. */
function addFused(path: string, binding: Binding): boolean {
  const backend = nativeBackend();
  if (backend === undefined) return false;
  try {
    if (backend.hasFusedOperations === undefined) loadFused(path, binding);
    backend.hasFusedOperations ??= true;
  } catch (error) {
    backend.hasFusedOperations = false;
    process.emitWarning(`Fused operations cannot be used, so training is slower: ${reasonOf(error)}`);
  }
  return backend.hasFusedOperations;
}
