import type { Mix } from '../attention/mix.js';
import type { FeatureMap } from '../feature-maps/feature-map.js';

/** Which keys the linear branch sees: all up to the query, or those that have left the window. */
export type LinearScope = 'all' | 'outside_window';

/** What turns a layer's softmax attention into a hybrid of window and linear attention. */
export interface Conversion {
  /** Keys that the window sees, the query's own included. */
  readonly window: number;
  readonly linearScope: LinearScope;
  readonly featureMap: FeatureMap;
  readonly mix: Mix;
}

/** How many steps a key waits until the linear branch sees it. */
export function linearDelay({ window, linearScope }: Pick<Conversion, 'window' | 'linearScope'>): number {
  return linearScope === 'all' ? 0 : window;
}
