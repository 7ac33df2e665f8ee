import type { JsonObject } from '../../base/json.js';
import type { TrainingResult } from './training.js';

/** What a training stage says about its artifact. `count` names the number of trained values. */
export function trainingSummary(
  { steps, keptStep, metrics, parameters }: TrainingResult,
  count: 'trained_parameters' | 'parameters' = 'trained_parameters',
): JsonObject {
  const sizes = [...parameters.values()].map(({ size }) => size);
  return {
    [count]: sizes.reduce((sum, size) => sum + size, 0),
    steps,
    kept_step: keptStep,
    metrics: Object.fromEntries([...metrics].map(([name, { value }]) => [name, value])),
  };
}
