import { defineComponent } from '../../runtime/contract/plugin.js';
import type { Branch } from '../evaluation/branch.js';

/** The whole hybrid. */
export const both = defineComponent<Branch>({
  kind: 'branch',
  name: 'both',
  summary: 'Window and linear branch, mixed as trained: the converted model itself.',
  create: () => ({ part: 'both', scope: 'trained', sinks: 0 }),
});
