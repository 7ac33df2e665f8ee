import type { Projection } from '../../model/parameters.js';
import { defineAdapter } from '../define.js';

/** What a pipeline calls the projections of a layer. */
const projections = {
  q: 'self_attn.q_proj',
  k: 'self_attn.k_proj',
  v: 'self_attn.v_proj',
  o: 'self_attn.o_proj',
  gate: 'mlp.gate_proj',
  up: 'mlp.up_proj',
  down: 'mlp.down_proj',
} as const satisfies Readonly<Record<string, Projection>>;

/** Low-rank matrices beside frozen projections. */
export const lora = defineAdapter({
  name: 'lora',
  summary:
    'Adds a product of two narrow matrices to each chosen projection; the model itself stays as it is.',
  source: 'Hu et al. 2021, arXiv 2106.09685',
  options: {
    type: 'object',
    additionalProperties: false,
    properties: {
      rank: {
        type: 'integer',
        minimum: 1,
        default: 8,
        description: 'Columns of the first matrix (LoLCATs: 8).',
      },
      alpha: {
        type: 'number',
        exclusiveMinimum: 0,
        default: 16,
        description: 'The product is scaled by alpha / rank (LoLCATs: 16).',
      },
      targets: {
        type: 'array',
        minItems: 1,
        uniqueItems: true,
        items: { type: 'string', enum: ['q', 'k', 'v', 'o', 'gate', 'up', 'down'] },
        default: ['q', 'k', 'v', 'o'],
        description: 'The projections that get one (LoLCATs: q, k, v, o).',
      },
    },
  },
  create: async ({ rank, alpha, targets }) => {
    const { lowRankAdapter } = await import('../../model/low-rank-adapter.js');
    return lowRankAdapter({ rank, alpha, targets: targets.map((target) => projections[target]) });
  },
});
