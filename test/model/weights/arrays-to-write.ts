import type { ArrayTensor, TensorToWrite } from '../../../src/model/weights/safetensors.js';

/** Arrays as tensors to write. */
export function toWrite(tensors: ReadonlyMap<string, ArrayTensor>): ReadonlyMap<string, TensorToWrite> {
  return new Map(
    [...tensors].map(([name, { shape, values }]) => [
      name,
      { shape, type: values instanceof Int32Array ? 'I32' : 'F32', read: () => values },
    ]),
  );
}
