import { defineComponent } from '../../runtime/contract/plugin.js';
import type { Branch } from '../evaluation/branch.js';

/** No attention at all. */
export const none = defineComponent<Branch>({
  kind: 'branch',
  name: 'none',
  summary: 'Attention output zero in every layer: what the rest of the model does alone.',
  source: 'arXiv 2510.05901, section 3.2',
  create: () => ({ part: 'none', scope: 'trained', sinks: 0 }),
});
