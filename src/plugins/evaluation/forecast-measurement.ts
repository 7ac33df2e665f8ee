import type { JsonObject } from '../../base/json.js';
import type { Forecast, ForecastContext } from '../../runtime/contract/forecast.js';
import { forecastWork, foreseenModel } from '../memory/foreseen.js';
import { componentsIn } from './branch.js';
import { knownLength } from './known-length.js';
import { measurementWork } from './measurement-work.js';

/** Measuring a model on tasks: as much as is certain, since most tasks make their items when the stage starts. */
export function forecastMeasurement(options: JsonObject, context: ForecastContext): Forecast {
  const model = foreseenModel(options['model'], context);
  if (model === undefined) return {};
  const lengths = componentsIn(options['tasks']).map((task) => knownLength(task, context));
  const size = {
    rows: options['batch_size'] as number,
    context: Math.max(1, ...lengths.map(({ tokens }) => tokens)),
    precision: model.precision,
  };
  const { memory, problems } = forecastWork(model, (config) => measurementWork(config, size), context);
  const atLeast = lengths.every(({ isAll }) => isAll) ? {} : { atLeast: true as const };
  return {
    ...(problems === undefined ? {} : { problems }),
    ...(memory === undefined ? {} : { memory: { ...memory, ...atLeast } }),
  };
}
