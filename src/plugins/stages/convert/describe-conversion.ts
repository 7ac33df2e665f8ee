import type { JsonObject } from '../../../base/json.js';
import type { ComponentValue } from '../../../base/signatures.js';
import type { ConversionDescription } from '../../model-artifact.js';

/** The map of a model that has none of its own, where the options name none. */
const firstFeatureMap: ComponentValue = {
  plugin: 'hedgehog',
  options: { activation: 'softmax', noise: 0.1 },
};

/** The conversion that the options ask for; `before` is the one that the model has already. */
export function describeConversion(
  options: JsonObject,
  before: ConversionDescription | undefined,
): ConversionDescription {
  const written = options['feature_map'] as ComponentValue | undefined;
  return {
    window: options['window'] as number,
    linear_scope: options['linear_scope'] as 'all' | 'outside_window',
    feature_map: written ?? before?.feature_map ?? firstFeatureMap,
    mix: options['mix'] as ComponentValue,
  };
}
