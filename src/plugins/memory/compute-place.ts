import process from 'node:process';
import type { BackendInfo } from '../../runtime/contract/backend.js';
import { availableMemory, type AvailableMemory } from './available-memory.js';

/** Where tensors are to lie. */
export interface ComputePlace {
  /** The backend's name. */
  readonly backend: string;
  /** Whether it is a graphics card, whose memory nothing is known of. */
  readonly isCard: boolean;
}

/** Addresses of WebAssembly have 32 bits. */
const wasmBytes = 4 * 2 ** 30;

/** The place that a backend, which need not run yet, computes in. */
export function placeOfBackend({ name, threads }: BackendInfo): ComputePlace {
  // TensorFlow on a processor says how many threads compute.
  return { backend: name, isCard: name === 'webgpu' || (name === 'tensorflow' && threads === undefined) };
}

/** What a worker may use there. Throws `StageFailure` where `HPL_MEMORY_GIB` is no number. */
export function memoryOfPlace({ backend, isCard }: ComputePlace): AvailableMemory {
  if (isCard) return { bytes: Infinity, origin: 'a graphics card' };
  const memory = availableMemory(process.env);
  return backend === 'wasm' && memory.bytes > wasmBytes
    ? { bytes: wasmBytes, origin: 'what WebAssembly can address; the backend tensorflow takes more' }
    : memory;
}
