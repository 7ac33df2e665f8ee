import { defineComponent } from '../../runtime/contract/plugin.js';
import type { Branch } from '../evaluation/branch.js';

/** Linear attention alone. */
export const linear = defineComponent<Branch>({
  kind: 'branch',
  name: 'linear',
  summary: 'Linear attention alone; the window gives zeros.',
  source: 'arXiv 2510.05901, section 3.2',
  options: {
    type: 'object',
    additionalProperties: false,
    properties: {
      scope: {
        enum: ['trained', 'all'],
        default: 'trained',
        description:
          'Which keys it sees: those that the conversion gives it (and, beside that, all keys), or all keys alone.',
      },
    },
  },
  create: (options) => ({ part: 'linear', scope: options['scope'] === 'all' ? 'all' : 'trained', sinks: 0 }),
});
