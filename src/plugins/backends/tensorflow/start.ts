import { createRequire } from 'node:module';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { registerTensorflowSoftmax } from '../../../model/kernels/tensorflow-softmax.js';
import type { NativeBinding } from '../../../model/native/native-backend.js';
import { withBfloat16, type KernelBackendClass } from './bfloat16-backend.js';
import { names, type Installation } from './installation.js';
import { loadPackage } from './load-package.js';

/** The part of the compiled binding that hpl itself uses. */
export interface Binding extends NativeBinding {
  readonly TF_Version: string;
  isUsingGpuDevice(): boolean;
}

interface KernelBackendModule {
  readonly NodeJSKernelBackend: KernelBackendClass;
}

/** The name that tfjs knows the backend by. */
const backendName = 'tensorflow';

/**
 * Loads TensorFlow into this process and makes it the backend of tfjs. Environment variables that TensorFlow reads
 * must be set before. A second call changes nothing.
 *
 * Throws when the libraries cannot be loaded or tfjs does not take the backend.
 */
export async function startTensorflow(installation: Installation): Promise<Binding> {
  const binding = createRequire(import.meta.url)(join(installation.folder, names.binding)) as Binding;
  if (!(backendName in tf.engine().registryFactory)) register(binding, installation);
  // A backend that fails to start leaves tfjs on another one without an exception.
  const taken = await tf.setBackend(backendName);
  await tf.ready();
  if (!taken || tf.getBackend() !== backendName) throw new Error('tfjs refused the tensorflow backend');
  registerTensorflowSoftmax();
  return binding;
}

function register(binding: Binding, installation: Installation): void {
  const load = loadPackage(join(installation.folder, names.package, 'dist'));
  load('register_all_kernels.js');
  const { NodeJSKernelBackend } = load('nodejs_kernel_backend.js') as KernelBackendModule;
  const Backend = withBfloat16(NodeJSKernelBackend);
  tf.registerBackend(backendName, () => new Backend(binding, '@tensorflow/tfjs-node-gpu'), 3);
}
