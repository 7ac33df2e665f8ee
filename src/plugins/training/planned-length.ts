import type { Condition, Quantity } from '../../base/condition.js';
import type { Json, JsonObject } from '../../base/json.js';
import { isJsonObject } from '../../base/json.js';
import type { OptionProblem } from '../../base/signatures.js';

/**
 * The steps after which a stop condition holds whatever the other metrics are, or undefined when it sets no bound:
 * `epochs >= 2 or plateau(…)` with 50 steps an epoch gives 100. Schedules and decays spread over this length.
 */
export function plannedSteps(stop: Condition, stepsPerEpoch: number): number | undefined {
  switch (stop.op) {
    case 'or':
      return least(plannedSteps(stop.left, stepsPerEpoch), plannedSteps(stop.right, stepsPerEpoch));
    case 'and':
      return greatest(plannedSteps(stop.left, stepsPerEpoch), plannedSteps(stop.right, stepsPerEpoch));
    case '>':
    case '>=':
      return boundOf(stop.left, stop.right, { strict: stop.op === '>', stepsPerEpoch });
    case '<':
    case '<=':
      return boundOf(stop.right, stop.left, { strict: stop.op === '<', stepsPerEpoch });
    default:
      return undefined;
  }
}

/** For a stage's `check`: a `stop` that could be waited for in vain is refused. */
export function checkPlannedLength(options: JsonObject): readonly OptionProblem[] {
  const stop: Json | undefined = options['stop'];
  if (!isJsonObject(stop) || plannedSteps(stop as unknown as Condition, 1) !== undefined) return [];
  return [
    {
      pointer: '/stop',
      keyword: 'rule',
      message:
        'This condition may never hold, so training might not end. Add a bound on its length: "or epochs >= 2", or ' +
        '"or steps >= 1000".',
    },
  ];
}

interface Bound {
  readonly strict: boolean;
  readonly stepsPerEpoch: number;
}

/** The first step at which `metric >= limit`, where the metric is `steps` or `epochs` and the limit a number. */
function boundOf(metric: Quantity, limit: Quantity, { strict, stepsPerEpoch }: Bound): number | undefined {
  if (metric.op !== 'metric' || limit.op !== 'number') return undefined;
  const perUnit = metric.name === 'steps' ? 1 : metric.name === 'epochs' ? stepsPerEpoch : undefined;
  if (perUnit === undefined) return undefined;
  const holds = (step: number): boolean =>
    strict ? step / perUnit > limit.value : step / perUnit >= limit.value;
  // Division as in the metric itself, so that rounding cannot move the bound by a step.
  let step = Math.max(1, Math.floor(limit.value * perUnit) - 1);
  while (!holds(step)) step += 1;
  return step;
}

function least(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined ? b : b === undefined ? a : Math.min(a, b);
}

function greatest(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : Math.max(a, b);
}
