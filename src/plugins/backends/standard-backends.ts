import type { Backend, BackendInfo } from '../../runtime/contract/backend.js';
import type { ComponentPlugin } from '../../runtime/contract/plugin.js';
import { cpu } from './cpu.js';
import { tensorflow } from './tensorflow.js';
import { wasm } from './wasm.js';
import { webgpu } from './webgpu.js';

/** From the fastest to the one that always works. */
export const standardBackends: readonly ComponentPlugin<Backend>[] = [tensorflow, webgpu, wasm, cpu];

/** Whether a backend that is ready may be taken without being named: never a card that the processor imitates. */
export function suits({ software }: BackendInfo): boolean {
  return software !== true;
}
