import type { MetricDeclaration } from '../../base/signatures.js';

/** The branches whose losses every training stage of a converted model reports. */
export const probes = ['both', 'window', 'linear'] as const;

const titles: Readonly<Record<(typeof probes)[number], string>> = {
  both: 'the whole hybrid',
  window: 'the window alone, at weight 1',
  linear: 'linear attention alone, at weight 1, over the keys that it is trained with',
};

/** `both.loss`, `window.loss`, `linear.loss`. */
export const probeMetrics: readonly MetricDeclaration[] = probes.map((branch) => ({
  name: `${branch}.loss`,
  description: `Next-token loss on held-out rows: ${titles[branch]}.`,
  unit: 'nats',
  better: 'lower',
}));
