import type { Backend } from '../../runtime/contract/backend.js';
import { defineComponent } from '../../runtime/contract/plugin.js';

/** Plain JavaScript: what the other backends are tested against. */
export const cpu = defineComponent<Backend>({
  kind: 'backend',
  name: 'cpu',
  summary: 'Plain JavaScript on one processor core: slow, the reference for the other backends.',
  source: 'tfjs',
  create: async () => {
    const { CpuBackend } = await import('./cpu/cpu-backend.js');
    return new CpuBackend();
  },
});
