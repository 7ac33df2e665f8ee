import type { Backend } from '../../runtime/contract/backend.js';
import { defineComponent } from '../../runtime/contract/plugin.js';

/** WebAssembly: nothing to set up, works everywhere. */
export const wasm = defineComponent<Backend>({
  kind: 'backend',
  name: 'wasm',
  summary: 'WebAssembly with SIMD on one processor core. Nothing to set up.',
  source: 'tfjs with XNNPACK',
  create: async () => {
    const { WasmBackend } = await import('./wasm/wasm-backend.js');
    return new WasmBackend();
  },
});
