import { defineComponent } from '../../runtime/contract/plugin.js';
import type { Branch } from '../evaluation/branch.js';

/** Sliding-window softmax attention alone. */
export const window = defineComponent<Branch>({
  kind: 'branch',
  name: 'window',
  summary: 'Sliding-window softmax attention alone; the linear branch gives zeros.',
  source: 'arXiv 2510.05901, section 3.2',
  create: () => ({ part: 'window', scope: 'trained', sinks: 0 }),
});
