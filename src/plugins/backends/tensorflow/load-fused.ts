import { createRequire } from 'node:module';
import type { Handle, NativeBinding } from '../../../model/native/native-backend.js';
import { fusedTrial, isTrialResult } from './fused-trial.js';

/** What the compiled binding has for making tensors. */
export interface TensorMaker extends NativeBinding {
  readonly TF_FLOAT: number;
  createTensor(shape: readonly number[], type: number, values: Float32Array): Handle;
}

/**
 * Makes fused operations known to the TensorFlow of this process and tries one. Throws when the library cannot be loaded
 * or computes wrongly; a processor that lacks its instructions would end the process, so it must fit.
 */
export function loadFused(path: string, binding: TensorMaker): void {
  createRequire(import.meta.url)(path);
  const { operation, epsilon, x } = fusedTrial;
  const tensorOf = (values: readonly number[]): Handle =>
    binding.createTensor([values.length], binding.TF_FLOAT, Float32Array.from(values));
  const inputs = [tensorOf(x), tensorOf(x.map(() => 1))];
  const attributes = [
    { name: 'T', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT },
    { name: 'epsilon', type: binding.TF_ATTR_FLOAT, value: epsilon },
  ];
  const handles = [...inputs];
  try {
    const outputs = binding.executeOp(operation, attributes, inputs, 1);
    handles.push(...outputs.map(({ id }) => id));
    const values = outputs.flatMap(({ id }) => [...(binding.tensorDataSync(id) as Float32Array)]);
    if (!isTrialResult(values)) throw new Error(`${operation} gives ${values.slice(0, 3).join(', ')}, …`);
  } finally {
    for (const handle of handles) binding.deleteTensor(handle);
  }
}
