import * as tf from '@tensorflow/tfjs';
import { nativeBackend } from '../native/native-backend.js';
import { handleOf } from '../native/operations.js';
import type { Parameters } from '../parameters.js';
import { readSafetensors, writeSafetensors, type ArrayTensor, type TensorToWrite } from './safetensors.js';

/** Reads a safetensors file of trained tensors. The caller owns them. */
export async function readTensors(file: string): Promise<Map<string, tf.Tensor>> {
  const arrays = await readSafetensors(file);
  return new Map([...arrays].map(([name, array]) => [name, tensorOf(array)]));
}

/** Writes tensors to a safetensors file, atomically. The tensors stay the caller's. */
export async function writeTensors(file: string, tensors: Parameters): Promise<void> {
  const entries = [...tensors].map(([name, tensor]): [string, TensorToWrite] => [
    name,
    {
      shape: tensor.shape,
      type: tensor.dtype === 'int32' ? 'I32' : 'F32',
      read: async () => (await tensor.data()) as Float32Array | Int32Array,
    },
  ]);
  await writeSafetensors(file, new Map(entries));
}

/** The tensor with these numbers. */
export function tensorOf({ shape, values }: ArrayTensor): tf.Tensor {
  const tensor = tf.tensor(values, [...shape], values instanceof Int32Array ? 'int32' : 'float32');
  // TensorFlow copies at the first use, and the array lives until then: of a whole model there would be two copies.
  if (nativeBackend() !== undefined) handleOf(tensor);
  return tensor;
}
