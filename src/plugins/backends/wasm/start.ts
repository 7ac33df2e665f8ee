import * as tf from '@tensorflow/tfjs';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { registerWasmMatrixProduct } from '../../../model/kernels/wasm-matrix-product.js';
import { registerWasmSegmentSum } from '../../../model/kernels/wasm-segment-sum.js';

/**
 * Makes WebAssembly the backend of tfjs, with the kernels that it lacks. `folder` holds the package's .wasm files.
 * A second call changes nothing. Throws when tfjs does not take the backend.
 */
export async function startWasm(folder: string): Promise<void> {
  // The paths can be set only before the backend exists.
  if (!('wasm' in tf.engine().registry)) setWasmPaths(`${folder}/`);
  registerWasmMatrixProduct();
  registerWasmSegmentSum();
  // A backend that fails to start leaves tfjs on another one without an exception.
  const taken = await tf.setBackend('wasm');
  await tf.ready();
  if (!taken || tf.getBackend() !== 'wasm') throw new Error('tfjs refused the wasm backend');
}
