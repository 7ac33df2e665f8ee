import type { Mix } from '../attention/mix.js';
import type { FeatureMap } from '../feature-maps/feature-map.js';

/** How softmax attention is replaced: a window of it, a linear branch, and how the two are mixed. */
export interface Conversion {
  /** Keys of the window, the query's own included. */
  readonly window: number;
  /** Whether the linear branch sees all earlier keys, or only those that the window does not. */
  readonly linearScope: 'all' | 'outside_window';
  readonly featureMap: FeatureMap;
  readonly mix: Mix;
}
