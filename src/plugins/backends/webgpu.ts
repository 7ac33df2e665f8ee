import process from 'node:process';
import type { Backend } from '../../runtime/contract/backend.js';
import { defineComponent } from '../../runtime/contract/plugin.js';

/** Graphics cards without CUDA, through Vulkan, Metal or Direct3D. */
export const webgpu = defineComponent<Backend>({
  kind: 'backend',
  name: 'webgpu',
  summary: 'A graphics card through Vulkan, Metal or Direct3D. Needs the driver of the card, and no set-up.',
  source: 'tfjs on Dawn',
  create: async () => {
    const { findDawn } = await import('./webgpu/dawn.js');
    const { WebgpuBackend } = await import('./webgpu/webgpu-backend.js');
    return new WebgpuBackend(process.env, findDawn());
  },
});
